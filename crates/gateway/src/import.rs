//! Submitting documents from files: a row per document, progress on a terminal.

use crate::cli::Format as Output;
use canonical::{FacilityId, Lane, Outcome, Principal};
use indicatif::{ProgressBar, ProgressStyle};
use process::documents::Format;
use process::{Answer, Process, Submission, SubmittedInvoice};
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
    /// The invoice's id; `None` where it was refused.
    pub id: Option<String>,
    /// The codes of its reasons.
    pub reasons: Vec<String>,
    /// Whether it was submitted before.
    pub replayed: bool,
    /// Why it was refused.
    pub detail: Option<String>,
}

/// Submits every file, one after the other, and writes a row for each as it is done. Tells whether
/// none was refused.
///
/// # Errors
/// Where the answer cannot be written.
pub async fn import(
    process: &Process,
    files: &[PathBuf],
    facility: Option<&FacilityId>,
    output: Output,
    to: &mut (dyn Write + Send),
) -> io::Result<bool> {
    let bar = ProgressBar::new(u64::try_from(files.len()).unwrap_or_default());
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}");
    bar.set_style(style.unwrap_or_else(|_built_in| ProgressStyle::default_bar()));
    let mut all_taken = true;
    for file in files {
        bar.set_message(file.display().to_string());
        for row in submit(process, file, facility).await {
            all_taken &= row.outcome != "refused";
            bar.suspend(|| write(&row, output, to))?;
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
    let id = row.id.as_deref().unwrap_or("-");
    let why = row.detail.clone().unwrap_or_else(|| row.reasons.join(" "));
    let again = if row.replayed { " (submitted before)" } else { "" };
    writeln!(to, "{:<25} {id:<30} {}{again}  {why}", row.outcome, row.file)
}

async fn submit(process: &Process, file: &Path, facility: Option<&FacilityId>) -> Vec<Row> {
    match try_submit(process, file, facility).await {
        Ok(answers) => answers.into_iter().map(|it| row(file, it)).collect(),
        Err(detail) => vec![refused(file, detail)],
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
        reasons: Vec::new(),
        replayed: false,
        detail: Some(detail),
    }
}

async fn try_submit(
    process: &Process,
    file: &Path,
    facility: Option<&FacilityId>,
) -> Result<Vec<canonical::Result<Answer>>, String> {
    let bytes = read(file).map_err(|error| error.to_string())?;
    let format =
        Format::sniff(&bytes).ok_or("neither X12 (ISA…), XML (<…) nor JSON ({…): no invoice")?;
    let submission = Submission { format, bytes: bytes.into(), facility_id: facility.cloned() };
    process.submit_file(&importer(), submission).await.map_err(|error| describe(&error))
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
    Principal {
        id: "threeway:import".to_owned(),
        role: None,
        scopes: BTreeSet::new(),
        supplier_id: None,
    }
}
