use crate::testing::{Scratch, done, event, stale};
use crate::{EventKey, LoggedEvent};
use canonical::{Event, PurchaseOrderNumber};

fn order(number: &str) -> EventKey {
    EventKey::PurchaseOrder(number.parse::<PurchaseOrderNumber>().unwrap())
}

async fn append(scratch: &Scratch, event: &Event, also: &[EventKey]) {
    done(scratch, |batch| batch.append_event(event, also).unwrap()).await;
}

fn ids(events: Vec<LoggedEvent>) -> Vec<String> {
    events.into_iter().map(|it| it.event.id).collect()
}

#[tokio::test]
async fn an_event_comes_back_as_it_was_with_its_sequence() {
    let scratch = Scratch::open().await;
    let sent = event("evt_1", "inv_1");
    append(&scratch, &sent, &[]).await;
    let logged = scratch.events_after(0, 10).await.unwrap().remove(0);
    assert_eq!(logged.position, scratch.event_position().await.unwrap());
    assert_eq!(scratch.position_of("evt_1").await.unwrap(), Some(logged.position));
    assert_eq!(scratch.position_of("evt_2").await.unwrap(), None);
    assert_eq!(logged.event, Event { sequence: "00000000000000000001".to_owned(), ..sent });
}

#[tokio::test]
async fn each_source_and_key_counts_for_itself() {
    let scratch = Scratch::open().await;
    let other = Event { source: "//threeway/receiving".to_owned(), ..event("evt_4", "inv_1") };
    let events = [event("evt_1", "inv_1"), event("evt_2", "inv_2"), event("evt_3", "inv_1"), other];
    done(&scratch, |batch| {
        events.iter().for_each(|it| batch.append_event(it, &[]).unwrap());
    })
    .await;
    let logged = scratch.events_after(0, 10).await.unwrap();
    let sequences: Vec<u64> = logged.iter().map(|it| it.event.sequence.parse().unwrap()).collect();
    assert_eq!(sequences, [1, 1, 2, 1]);
}

#[tokio::test]
async fn the_same_event_twice_is_stale() {
    let scratch = Scratch::open().await;
    append(&scratch, &event("evt_1", "inv_1"), &[]).await;
    let again = event("evt_1", "inv_2");
    let guard = stale(&scratch, |batch| batch.append_event(&again, &[]).unwrap()).await;
    assert_eq!(guard, "event evt_1");
}

#[tokio::test]
async fn the_log_is_read_on_from_a_position() {
    let scratch = Scratch::open().await;
    assert_eq!(scratch.event_position().await.unwrap(), 0);
    for number in 1..=5 {
        append(&scratch, &event(&format!("evt_{number}"), "inv_1"), &[]).await;
    }
    let first = scratch.events_after(0, 2).await.unwrap();
    let second = scratch.events_after(first[1].position, 2).await.unwrap();
    let third = scratch.events_after(second[1].position, 2).await.unwrap();
    assert_eq!(ids(first), ["evt_1", "evt_2"]);
    assert_eq!(ids(second), ["evt_3", "evt_4"]);
    assert_eq!(ids(third), ["evt_5"]);
}

#[tokio::test]
async fn an_event_is_found_by_every_key_it_carries() {
    let scratch = Scratch::open().await;
    append(&scratch, &event("evt_1", "inv_1"), &[order("PO-9"), order("PO-7")]).await;
    append(&scratch, &event("evt_2", "inv_2"), &[EventKey::Payment("PAY-1".to_owned())]).await;
    let of = async |key: EventKey| ids(scratch.events_of(&key, 0, 10).await.unwrap());
    assert_eq!(of(order("PO-9")).await, ["evt_1", "evt_2"]);
    assert_eq!(of(order("PO-7")).await, ["evt_1"]);
    assert_eq!(of(order("PO-1")).await, [""; 0]);
    assert_eq!(of(EventKey::Invoice("inv_2".parse().unwrap())).await, ["evt_2"]);
    assert_eq!(of(EventKey::Supplier("SUP-1".parse().unwrap())).await, ["evt_1", "evt_2"]);
    assert_eq!(of(EventKey::Correlation("cor_1".to_owned())).await, ["evt_1", "evt_2"]);
    assert_eq!(of(EventKey::Payment("PAY-1".to_owned())).await, ["evt_2"]);
    let after = scratch.events_of(&order("PO-9"), 1, 10).await.unwrap();
    assert_eq!(ids(after), ["evt_2"]);
}
