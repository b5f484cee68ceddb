//! Submitting documents from files: a row per document, progress on a terminal.

use crate::cli::Format as Output;
use canonical::{FacilityId, Lane, Outcome, Principal};
use indicatif::{ProgressBar, ProgressStyle};
use process::documents::Format;
use process::{Answer, Preview, Previewed, Process, Submission, SubmittedInvoice};
use serde::Serialize;
use std::collections::BTreeSet;
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};

/// A file larger than this is not a supplier document.
const FILE_BYTES_MAX: u64 = 10 << 20;

/// What became of one document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The file it was in.
    pub file: String,
    /// The match's outcome, or `refused`.
    pub outcome: String,
    /// The invoice's id; `None` where it was refused or only looked at.
    pub id: Option<String>,
    /// The number the supplier gave it, in a dry run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The codes of its reasons.
    pub reasons: Vec<String>,
    /// Whether it was submitted before.
    pub replayed: bool,
    /// Why it was refused.
    pub detail: Option<String>,
}

/// How to import.
#[derive(Clone, Debug)]
pub struct How {
    /// The facility that the documents are for.
    pub facility: Option<FacilityId>,
    /// Whether to say what would become of them, and do nothing.
    pub dry_run: bool,
    /// For whom the rows are written.
    pub output: Output,
}

/// Submits every file, or looks at it, one after the other, and writes a row for each as it is
/// done. Tells whether none was refused.
///
/// # Errors
/// Where the answer cannot be written.
pub async fn import(
    process: &Process,
    files: &[PathBuf],
    how: &How,
    to: &mut (dyn Write + Send),
) -> io::Result<bool> {
    let mut way = if how.dry_run { Way::Preview(process.preview()) } else { Way::Submit(process) };
    let bar = ProgressBar::new(u64::try_from(files.len()).unwrap_or_default());
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}");
    bar.set_style(style.unwrap_or_else(|_built_in| ProgressStyle::default_bar()));
    let mut all_taken = true;
    for file in files {
        bar.set_message(file.display().to_string());
        for row in way.rows(file, how.facility.as_ref()).await {
            all_taken &= row.outcome != "refused";
            bar.suspend(|| write(&row, how.output, to))?;
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    to.flush()?;
    Ok(all_taken)
}

/// Books what is due, so that an import ends with its invoices in the finance system. What cannot
/// be booked now stays in the queue for `serve`.
///
/// # Errors
/// What the store says.
pub async fn book(process: &Process) -> canonical::Result<()> {
    while process.work(Lane::Critical).await? > 0 {}
    Ok(())
}

fn write(row: &Row, output: Output, to: &mut (dyn Write + Send)) -> io::Result<()> {
    if output == Output::Json {
        serde_json::to_writer(&mut *to, row)?;
        return writeln!(to);
    }
    let id = row.id.as_deref().or(row.number.as_deref()).unwrap_or("-");
    let codes = row.reasons.join(" ");
    let why = match &row.detail {
        Some(detail) if codes.is_empty() => detail.clone(),
        Some(detail) => format!("{codes}: {detail}"),
        None => codes,
    };
    let again = if row.replayed { " (submitted before)" } else { "" };
    writeln!(to, "{:<25} {id:<30} {}{again}  {why}", row.outcome, row.file)
}

/// Whether documents are submitted or only looked at.
enum Way<'p> {
    Submit(&'p Process),
    Preview(Preview),
}

impl Way<'_> {
    async fn rows(&mut self, file: &Path, facility: Option<&FacilityId>) -> Vec<Row> {
        match self.try_rows(file, facility).await {
            Ok(rows) => rows,
            Err(detail) => vec![refused(file, detail)],
        }
    }

    async fn try_rows(
        &mut self,
        file: &Path,
        facility: Option<&FacilityId>,
    ) -> Result<Vec<Row>, String> {
        let submission = submission(file, facility)?;
        let importer = importer();
        Ok(match self {
            Self::Submit(process) => {
                let answers = process.submit_file(&importer, submission).await;
                answers.map_err(|it| describe(&it))?.into_iter().map(|it| row(file, it)).collect()
            }
            Self::Preview(preview) => {
                let answers = preview.file(&importer, submission).await;
                answers.map_err(|it| describe(&it))?.into_iter().map(|it| seen(file, it)).collect()
            }
        })
    }
}

/// The row of a document that was only looked at.
fn seen(file: &Path, answer: canonical::Result<Previewed>) -> Row {
    let previewed = match answer {
        Ok(previewed) => previewed,
        Err(error) => return refused(file, describe(&error)),
    };
    let details = previewed.details.join("; ");
    Row {
        file: file.display().to_string(),
        outcome: Outcome::name(previewed.outcome).to_owned(),
        id: previewed.submitted_before.as_ref().map(ToString::to_string),
        number: previewed.supplier_invoice_number.map(|it| it.to_string()),
        reasons: previewed.codes.iter().map(|it| it.as_str().to_owned()).collect(),
        replayed: previewed.repeated || previewed.submitted_before.is_some(),
        detail: Some(details).filter(|it| !it.is_empty()),
    }
}

fn row(file: &Path, answer: canonical::Result<Answer>) -> Row {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return refused(file, describe(&error)),
    };
    let submitted: SubmittedInvoice = match serde_json::from_slice(&answer.body) {
        Ok(submitted) => submitted,
        Err(error) => return refused(file, error.to_string()),
    };
    let codes: BTreeSet<&str> = submitted.reasons.iter().map(|it| it.code.as_str()).collect();
    Row {
        file: file.display().to_string(),
        outcome: Outcome::name(submitted.outcome).to_owned(),
        id: Some(submitted.id.to_string()),
        number: None,
        reasons: codes.into_iter().map(str::to_owned).collect(),
        replayed: answer.replayed,
        detail: None,
    }
}

fn refused(file: &Path, detail: String) -> Row {
    Row {
        file: file.display().to_string(),
        outcome: "refused".to_owned(),
        id: None,
        number: None,
        reasons: Vec::new(),
        replayed: false,
        detail: Some(detail),
    }
}

fn submission(file: &Path, facility: Option<&FacilityId>) -> Result<Submission, String> {
    let bytes = read(file).map_err(|error| error.to_string())?;
    let format =
        Format::sniff(&bytes).ok_or("neither X12 (ISA…), XML (<…) nor JSON ({…): no invoice")?;
    Ok(Submission { format, bytes: bytes.into(), facility_id: facility.cloned() })
}

fn describe(error: &canonical::Error) -> String {
    match error.fields() {
        [] | [_] => error.message().to_owned(),
        several => {
            let each: Vec<String> =
                several.iter().take(5).map(|it| format!("{}: {}", it.pointer, it.detail)).collect();
            each.join("; ")
        }
    }
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let limited = FILE_BYTES_MAX + 1;
    if file == Path::new("-") {
        io::stdin().take(limited).read_to_end(&mut bytes)?;
    } else {
        std::fs::File::open(file)?.take(limited).read_to_end(&mut bytes)?;
    }
    if u64::try_from(bytes.len()).is_ok_and(|it| it > FILE_BYTES_MAX) {
        return Err(io::Error::other("the file is larger than 10 MiB"));
    }
    Ok(bytes)
}

/// Whoever may run the binary over the store may submit: the operating system decided that.
fn importer() -> Principal {
    Principal::local("threeway:import")
}
