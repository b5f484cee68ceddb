//! The broker's side: the connection, the stream, and publishing in order.
//!
//! Each message names the one before it, and the stream stores it right after that or not at all.
//! So nothing is left out or overtaken whatever is lost on the way, and two that relay at once
//! cannot both be heard.

use super::message::{self, After, Message};
use super::{Cause, Failure, Options};
use async_nats::ConnectOptions;
use async_nats::jetstream::context::{
    GetStreamErrorKind, PublishAckFuture, PublishError, PublishErrorKind,
};
use async_nats::jetstream::stream::{
    Config, DiscardPolicy, LastRawMessageErrorKind, RetentionPolicy, StorageType,
};
use async_nats::jetstream::{self, Context};
use std::time::Duration;
use store::LoggedEvent;
use tokio::time::timeout;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// A message that comes a second time within this is known by its id.
const DUPLICATES: Duration = Duration::from_secs(120);

/// A connection to the broker, and the stream as it stands.
#[derive(Debug)]
pub(super) struct Broker<'a> {
    options: &'a Options,
    context: Context,
    /// The number of the stream's last message.
    last: u64,
    /// The newest event that the stream has.
    newest: Option<Newest>,
}

/// The newest event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Newest {
    /// The id of the event.
    pub(super) event_id: String,
    /// Whether it is also the last message that was ever stored: nothing after it was taken away.
    pub(super) is_last: bool,
}

impl<'a> Broker<'a> {
    pub(super) async fn open(options: &'a Options) -> Result<Self, Failure> {
        let limit = Duration::from_millis(options.timeout_ms);
        let connecting = connect_options(options, limit).await?.connect(&options.servers);
        let client = timeout(limit, connecting)
            .await
            .map_err(|elapsed| Failure::new(Cause::Connection, elapsed))?
            .map_err(|error| Failure::new(Cause::Connection, error))?;
        let mut context = jetstream::new(client);
        context.set_timeout(limit);
        let mut it = Self { options, context, last: 0, newest: None };
        it.look().await?;
        Ok(it)
    }

    /// The newest event that the stream has.
    pub(super) const fn newest(&self) -> Option<&Newest> {
        self.newest.as_ref()
    }

    /// Looks how the stream stands; makes it where it is missing and that is allowed.
    async fn look(&mut self) -> Result<(), Failure> {
        let options = self.options;
        let stream = match self.context.get_stream(&options.stream).await {
            Ok(stream) => stream,
            Err(error) if is_missing(&error.kind()) && options.create_stream => {
                let made = self.context.create_stream(config(options)).await;
                let made = made.map_err(|error| Failure::new(Cause::Stream, error))?;
                tracing::info!(stream = options.stream, "the stream was missing and is made");
                made
            }
            Err(error) if is_missing(&error.kind()) => {
                let all = message::subjects(&options.subject_prefix);
                let told = anyhow::anyhow!(
                    "there is no stream {}: make it with the subject {all}, or set \
                     relay.create_stream",
                    options.stream
                );
                return Err(Failure::new(Cause::Stream, told));
            }
            Err(error) => return Err(Failure::new(Cause::Stream, error)),
        };
        // first the number, then the message: who writes in between makes the number stale
        self.last = stream.cached_info().state.last_sequence;
        let all = message::subjects(&options.subject_prefix);
        self.newest = match stream.get_last_raw_message_by_subject(&all).await {
            Ok(message) => {
                let id = message.headers.get(async_nats::header::NATS_MESSAGE_ID);
                id.map(|it| Newest {
                    event_id: it.as_str().to_owned(),
                    is_last: message.sequence == self.last,
                })
            }
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => None,
            Err(error) => return Err(Failure::new(Cause::Stream, error)),
        };
        Ok(())
    }

    /// Publishes these events in order and waits until the stream has them. Gives the position of
    /// the last one that it has, and what stopped the next.
    pub(super) async fn publish(
        &mut self,
        events: &[LoggedEvent],
    ) -> (Option<i64>, Option<Failure>) {
        let mut sent = Vec::with_capacity(events.len());
        let mut failure = None;
        let mut after = After { number: self.last, event_id: None };
        for logged in events {
            match self.send(logged, after).await {
                Ok(ack) => {
                    sent.push((logged.position, ack));
                    after = After { number: after.number + 1, event_id: Some(&logged.event.id) };
                }
                Err(it) => {
                    failure = Some(it);
                    break;
                }
            }
        }
        let mut reached = None;
        for (position, ack) in sent {
            match ack.await {
                Ok(ack) => {
                    self.last = ack.sequence;
                    reached = Some(position);
                }
                Err(error) => return (reached, Some(refusal(error))),
            }
        }
        (reached, failure)
    }

    async fn send(
        &self,
        logged: &LoggedEvent,
        after: After<'_>,
    ) -> Result<PublishAckFuture, Failure> {
        let Options { subject_prefix, stream, .. } = self.options;
        let message = Message::new(&logged.event, subject_prefix, stream, after)
            .map_err(|error| Failure::new(Cause::Refused, error))?;
        let Message { subject, headers, body } = message;
        let sending = self.context.publish_with_headers(subject, headers, body.into());
        let told = |error| {
            let Failure { cause, error } = refusal(error);
            Failure { cause, error: error.context(format!("the event {}", logged.event.id)) }
        };
        sending.await.map_err(told)
    }
}

fn refusal(error: PublishError) -> Failure {
    let (cause, advice) = match error.kind() {
        PublishErrorKind::TimedOut | PublishErrorKind::BrokenPipe => {
            (Cause::Connection, "the broker does not acknowledge")
        }
        PublishErrorKind::WrongLastSequence | PublishErrorKind::WrongLastMessageId => {
            (Cause::Rival, "something else was written to the stream")
        }
        PublishErrorKind::MaxPayloadExceeded => {
            (Cause::Refused, "it is larger than the broker takes: raise its max_payload")
        }
        PublishErrorKind::StreamNotFound => {
            (Cause::Stream, "the stream is missing or does not take the subject")
        }
        _ => (Cause::Refused, "the stream does not take it"),
    };
    Failure { cause, error: anyhow::Error::from(error).context(advice) }
}

fn is_missing(kind: &GetStreamErrorKind) -> bool {
    matches!(kind, GetStreamErrorKind::JetStream(error)
        if matches!(error.error_code(), jetstream::ErrorCode::STREAM_NOT_FOUND))
}

async fn connect_options(options: &Options, limit: Duration) -> Result<ConnectOptions, Failure> {
    let set = |it: &std::path::Path| !it.as_os_str().is_empty();
    let mut it = ConnectOptions::new().name("threeway").connection_timeout(limit);
    if !options.user.is_empty() {
        it = it.user_and_password(options.user.clone(), options.password.clone());
    }
    if !options.token.is_empty() {
        it = it.token(options.token.clone());
    }
    if set(&options.credentials_file) {
        let read = it.credentials_file(&options.credentials_file).await;
        it = read.map_err(|error| Failure::new(Cause::Connection, error))?;
    }
    if set(&options.ca_file) {
        it = it.add_root_certificates(options.ca_file.clone());
    }
    if set(&options.certificate_file) {
        it = it.add_client_certificate(options.certificate_file.clone(), options.key_file.clone());
    }
    Ok(it)
}

fn config(options: &Options) -> Config {
    Config {
        name: options.stream.clone(),
        description: Some("Events of Threeway, written by its relay alone".to_owned()),
        subjects: vec![message::subjects(&options.subject_prefix)],
        retention: RetentionPolicy::Limits,
        discard: DiscardPolicy::Old,
        storage: StorageType::File,
        num_replicas: options.replicas,
        max_age: DAY * options.max_age_days,
        duplicate_window: DUPLICATES,
        allow_direct: true,
        ..Config::default()
    }
}
