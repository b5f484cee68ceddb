//! From requisition to payment: asked for, approved by somebody else, ordered once, sent, answered,
//! received, billed, booked and paid; and every step that is refused.

use canonical::Role;
use serde_json::{Value, json};
use store::EventKey;
use tests::purchase::{People, Purchase, Stage};
use tests::{Answer, Caller, TestGateway, demo};

const REQUISITIONS: &str = "/process/v1/requisitions";

fn people(gateway: &TestGateway) -> People<Caller> {
    People { planner: gateway.role(Role::Planner), admin: gateway.admin() }
}

/// A purchase that has come so far.
async fn come_to(gateway: &TestGateway, number: u64, stage: Stage) -> Purchase {
    let mut purchase = Purchase::new("T", number);
    let people = people(gateway);
    for _ in 0..40 {
        if purchase.stage >= stage {
            return purchase;
        }
        if !purchase.advance(&people).await {
            gateway.settle().await;
        }
    }
    panic!("it does not go on: {purchase:?}");
}

async fn act(who: &Caller, id: &str, action: Value) -> Answer {
    who.post(&format!("{REQUISITIONS}/{id}/actions"), &action).await
}

async fn standing(gateway: &TestGateway, order: &str) -> Value {
    let path = format!("/process/v1/purchase-orders/{order}");
    gateway.role(Role::Planner).get(&path).await.expect(200).clone()
}

/// What the events of a flow say happened, without their versions.
async fn told(gateway: &TestGateway, root: &str) -> Vec<String> {
    let events = gateway.events(&EventKey::Correlation(root.to_owned())).await;
    let word = |it: &str| it.split_once('.').unwrap().1.split_once('.').unwrap().1.to_owned();
    events.iter().map(|it| word(&it.kind).trim_end_matches(".v1").to_owned()).collect()
}

#[tokio::test]
async fn what_is_asked_for_is_ordered_received_billed_and_paid() {
    let gateway = TestGateway::start().await;
    let purchase = come_to(&gateway, 4, Stage::Paid).await;
    let order = standing(&gateway, &purchase.order).await;
    assert_eq!(order["lifecycle"], "completed", "{order}");
    assert_eq!(order["receipt_progress"], "full");
    assert_eq!(order["invoice_progress"], "full");
    assert_eq!(order["coverage"], "in_step");
    assert_eq!(order["correlation_id"], purchase.requisition.as_str());
    assert_eq!(order["lines"][0]["ordered"], "500");
    let invoice = gateway.ap().get(&format!("/process/v1/invoices/{}", purchase.invoice)).await;
    assert_eq!(invoice.json["correlation_id"], purchase.requisition.as_str());
    let told = told(&gateway, &purchase.requisition).await;
    for what in [
        "requisition.submitted",
        "requisition.approved",
        "requisition.ordered",
        "po.approved",
        "po.acknowledged",
        "po.dispatched",
        "receipt.posted",
        "invoice.received",
        "invoice.booked",
        "po.completed",
        "payment.confirmed",
    ] {
        assert_eq!(told.iter().filter(|it| *it == what).count(), 1, "{what}: {told:?}");
    }
}

#[tokio::test]
async fn the_timeline_finds_the_flow_by_its_requisition() {
    let gateway = TestGateway::start().await;
    let purchase = come_to(&gateway, 7, Stage::Billed).await;
    let path = format!("/consumption/v1/timeline?correlation_id={}", purchase.requisition);
    let timeline = gateway.ap().get(&path).await;
    let timeline = timeline.expect(200);
    assert_eq!(timeline["correlation_id"], purchase.requisition.as_str());
    assert_eq!(timeline["refs"]["purchase_orders"], json!([purchase.order]));
    assert_eq!(timeline["refs"]["invoices"], json!([purchase.invoice]));
    let by_order = format!("/consumption/v1/timeline?purchase_order={}", purchase.order);
    let by_order = gateway.ap().get(&by_order).await;
    assert_eq!(by_order.expect(200)["correlation_id"], purchase.requisition.as_str());
}

#[tokio::test]
async fn who_asks_does_not_approve() {
    let gateway = TestGateway::start().await;
    let purchase = come_to(&gateway, 1, Stage::Submitted).await;
    let planner = gateway.role(Role::Planner);
    let approve = json!({ "action": "approve" });
    act(&planner, &purchase.requisition, approve.clone()).await.refused(403, "forbidden");
    let scoped = gateway.scoped(&["process.requisitions.write"]);
    act(&scoped, &purchase.requisition, approve.clone()).await.refused(403, "forbidden");
    let ordered = act(&gateway.admin(), &purchase.requisition, approve).await;
    assert_eq!(ordered.expect(200)["state"], "approved");
}

#[tokio::test]
async fn what_cannot_be_done_lists_what_can() {
    let gateway = TestGateway::start().await;
    let purchase = come_to(&gateway, 1, Stage::Written).await;
    let approve = json!({ "action": "approve" });
    let early = act(&gateway.admin(), &purchase.requisition, approve.clone()).await;
    early.refused(409, "conflict");
    let detail = early.json["detail"].as_str().unwrap();
    assert!(detail.contains("submit, close"), "{detail}");
    let close = json!({ "action": "close", "reason": "not needed" });
    let closed = act(&gateway.admin(), &purchase.requisition, close.clone()).await;
    assert_eq!(closed.expect(200)["may"], json!([]));
    act(&gateway.admin(), &purchase.requisition, close).await.refused(409, "conflict");
    let reject = json!({ "action": "reject", "reason": " " });
    let empty = act(&gateway.admin(), &purchase.requisition, reject).await;
    assert_eq!(empty.refused(400, "invalid").pointers(), ["/reason"]);
}

#[tokio::test]
async fn what_is_unknown_to_the_masters_is_not_submitted() {
    let gateway = TestGateway::start().await;
    let planner = gateway.role(Role::Planner);
    let body = json!({
        "supplier_id": "SUP-NONE", "currency": "USD", "facility_id": "NOWHERE",
        "lines": [{
            "line_number": 1, "item_id": "NOTHING", "quantity": { "value": "1", "uom": "EA" },
            "unit_price": "1.00", "cost_center_id": "CC-NONE",
        }],
    });
    let written = planner.post(REQUISITIONS, &body).await;
    let id = written.expect(201)["id"].as_str().unwrap().to_owned();
    let submitted = act(&planner, &id, json!({ "action": "submit" })).await;
    assert_eq!(
        submitted.refused(400, "invalid").pointers(),
        ["/supplier_id", "/facility_id", "/lines/0/item_id", "/lines/0/cost_center_id"]
    );
    let listed = planner.get(&format!("{REQUISITIONS}?state=draft&supplier=SUP-NONE")).await;
    assert_eq!(listed.expect(200)["items"][0]["id"], id);
    assert_eq!(listed.json["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_supplier_sees_its_order_and_no_requisition() {
    let gateway = TestGateway::start().await;
    let purchase = come_to(&gateway, 2, Stage::Ordered).await;
    let supplier = gateway.supplier("SUP-1001");
    let path = format!("/process/v1/purchase-orders/{}", purchase.order);
    assert_eq!(supplier.get(&path).await.expect(200)["lifecycle"], "approved");
    gateway.supplier("SUP-1002").get(&path).await.refused(404, "not_found");
    let path = format!("{REQUISITIONS}/{}", purchase.requisition);
    supplier.get(&path).await.refused(403, "forbidden");
}

#[tokio::test]
async fn an_answer_that_differs_is_an_exception_until_the_order_agrees() {
    let gateway = TestGateway::start().await;
    let purchase = come_to(&gateway, 3, Stage::Dispatched).await;
    gateway.settle().await;
    assert_eq!(standing(&gateway, &purchase.order).await["lifecycle"], "dispatched");
    let answer = json!({ "acknowledgement": {
        "purchase_order_number": purchase.order, "supplier_id": "SUP-1001",
        "status": "accepted_with_changes", "acknowledged_on": "2026-11-28", "currency": "USD",
        "lines": [{
            "line_number": 10, "quantity": { "value": "4", "uom": "BX" }, "unit_price": "13.00",
        }],
    } });
    let supplier = gateway.supplier("SUP-1001");
    for _ in 0..2 {
        supplier.post("/process/v1/acknowledgements", &answer).await.expect(201);
    }
    gateway.settle().await;
    let order = standing(&gateway, &purchase.order).await;
    assert_eq!(order["lifecycle"], "ack_exception");
    assert_eq!(
        order["differences"],
        json!([{ "line_number": 10, "field": "price", "ordered": "12.50", "answered": "13.00" }])
    );
    assert_eq!(order["evidence"].as_array().unwrap().len(), 2, "the same answer is kept once");
    // the buyer agrees: a change order
    let path = format!("/system/v1/purchase-orders/{}", purchase.order);
    let mut changed = gateway.admin().get(&path).await.expect(200).clone();
    changed["version"] = json!(2);
    changed["lines"][0]["unit_price"] = json!("13.00");
    gateway.admin().put(&path, &changed).await.expect(200);
    gateway.settle().await;
    let order = standing(&gateway, &purchase.order).await;
    assert_eq!((&order["lifecycle"], &order["differences"]), (&json!("dispatched"), &json!([])));
    let told = told(&gateway, &purchase.requisition).await;
    assert_eq!(told.iter().filter(|it| *it == "ack.exception").count(), 1, "{told:?}");
    assert_eq!(told.iter().filter(|it| *it == "po.changed").count(), 1, "{told:?}");
}

#[tokio::test]
async fn a_supplier_answers_for_its_own_orders_only() {
    let gateway = TestGateway::start().await;
    let purchase = come_to(&gateway, 3, Stage::Ordered).await;
    let answer = |supplier: &str| {
        json!({ "acknowledgement": {
            "purchase_order_number": purchase.order, "supplier_id": supplier,
            "status": "accepted", "acknowledged_on": "2026-11-28", "currency": "USD",
        } })
    };
    let path = "/process/v1/acknowledgements";
    let other = gateway.supplier("SUP-1002");
    other.post(path, &answer("SUP-1002")).await.refused(404, "not_found");
    let planner = gateway.role(Role::Planner);
    let wrong = planner.post(path, &answer("SUP-1002")).await;
    assert_eq!(wrong.refused(400, "invalid").pointers(), ["/acknowledgement/supplier_id"]);
    planner.post(path, &json!({ "acknowledgement": {} })).await.refused(400, "invalid");
    planner.post_as("application/xml", path, "<a/>").await.refused(415, "unsupported_media_type");
    planner.post_as("application/edi-x12", path, "ISA*").await.refused(400, "invalid");
    planner.post(path, &answer("SUP-1001")).await.expect(201);
}

#[tokio::test]
async fn a_ship_notice_is_kept_with_its_order() {
    let gateway = TestGateway::start().await;
    let purchase = come_to(&gateway, 5, Stage::Ordered).await;
    let notice = |order: &str| {
        json!({ "ship_notice": {
            "number": "ASN-1", "supplier_id": "SUP-1001", "notice_date": "2026-11-28",
            "lines": [{
                "line_number": 1, "purchase_order_number": order, "purchase_order_line": 10,
                "quantity": { "value": "6", "uom": "BX" },
            }],
        } })
    };
    let (path, planner) = ("/process/v1/ship-notices", gateway.role(Role::Planner));
    planner.post(path, &notice("PO-NONE")).await.refused(404, "not_found");
    planner.post(path, &notice(&purchase.order)).await.expect(201);
    gateway.settle().await;
    let order = standing(&gateway, &purchase.order).await;
    assert_eq!(order["evidence"][0]["content"]["number"], "ASN-1", "{order}");
    assert_eq!(order["lifecycle"], "dispatched", "who ships has the order");
    let told = told(&gateway, &purchase.requisition).await;
    assert!(told.contains(&"shipnotice.received".to_owned()), "{told:?}");
}

#[tokio::test]
async fn a_return_opens_a_completed_order_again() {
    let gateway = TestGateway::start().await;
    let purchase = come_to(&gateway, 6, Stage::Booked).await;
    gateway.settle().await;
    assert_eq!(standing(&gateway, &purchase.order).await["lifecycle"], "completed");
    let back = json!({
        "number": "RTV-1", "purchase_order_number": purchase.order, "purchase_order_line": 10,
        "quantity": { "value": "1", "uom": "BX" }, "effective_at": "2026-11-28T12:00:00Z",
    });
    gateway.admin().post("/system/v1/returns", &back).await.expect(201);
    gateway.settle().await;
    let order = standing(&gateway, &purchase.order).await;
    assert_eq!(order["lifecycle"], "dispatched");
    assert_eq!(order["coverage"], "invoiced_not_received");
    let told = told(&gateway, &purchase.requisition).await;
    assert_eq!(told.iter().filter(|it| *it == "po.reopened").count(), 1, "{told:?}");
}

/// How often the order of a flow was completed, and opened again.
async fn turns(gateway: &TestGateway, root: &str) -> (usize, usize) {
    let told = told(gateway, root).await;
    let count = |what: &str| told.iter().filter(|it| *it == what).count();
    (count("po.completed"), count("po.reopened"))
}

#[tokio::test]
async fn a_bill_that_is_held_opens_a_completed_order_until_nothing_holds_it() {
    let gateway = TestGateway::start().await;
    let (invoices, cases) = ("/process/v1/invoices", "/process/v1/cases");
    for (number, action) in [(8, "release"), (9, "cancel")] {
        let purchase = come_to(&gateway, number, Stage::Booked).await;
        gateway.settle().await;
        assert_eq!(turns(&gateway, &purchase.requisition).await, (1, 0));
        let (bill, of) = (format!("AGAIN-{action}"), (purchase.order.as_str(), 10));
        let bill = demo::bill(&bill, "SUP-1001", of, "40 BX", ("12.50", "500.00"));
        let held = gateway.ap().submit(&bill).await;
        assert_eq!(held.expect(202)["state"], "blocked");
        gateway.settle().await;
        assert_eq!(standing(&gateway, &purchase.order).await["lifecycle"], "dispatched");
        assert_eq!(turns(&gateway, &purchase.requisition).await, (1, 1), "{action}");
        let admin = gateway.admin();
        if action == "release" {
            let path = format!("{invoices}/{}/releases", held.json["id"].as_str().unwrap());
            admin.post(&path, &json!({ "holds": [], "reason": "agreed" })).await.expect(200);
        } else {
            let open = admin.get(&format!("{cases}?open=true")).await;
            let case = open.expect(200)["items"][0]["id"].as_str().unwrap().to_owned();
            let cancel = json!({ "action": "cancel", "reason": "billed twice" });
            admin.post(&format!("{cases}/{case}/actions"), &cancel).await.expect(200);
        }
        gateway.settle().await;
        assert_eq!(standing(&gateway, &purchase.order).await["lifecycle"], "completed");
        assert_eq!(turns(&gateway, &purchase.requisition).await, (2, 1), "{action}");
    }
}

fn states(flow: &Value) -> Vec<(&str, &str)> {
    let steps = flow["steps"].as_array().unwrap().iter();
    steps.map(|it| (it["step"].as_str().unwrap(), it["state"].as_str().unwrap())).collect()
}

async fn flow(gateway: &TestGateway, root: &str) -> Value {
    gateway.role(Role::Planner).get(&format!("/process/v1/flows/{root}")).await.expect(200).clone()
}

#[tokio::test]
async fn a_flow_says_of_each_step_where_it_stands() {
    let gateway = TestGateway::start().await;
    let all = [
        "requisition",
        "approval",
        "order",
        "dispatch",
        "acknowledgement",
        "receipt",
        "invoice",
        "matching",
        "posting",
        "payment",
    ];
    for (number, stage, done) in [
        (1, Stage::Written, 0),
        (2, Stage::Submitted, 1),
        (4, Stage::Ordered, 3),
        (5, Stage::Dispatched, 4),
        (6, Stage::Acknowledged, 5),
        (7, Stage::Received, 6),
        (8, Stage::Booked, 9),
        (9, Stage::Paid, 10),
    ] {
        let purchase = come_to(&gateway, number, stage).await;
        gateway.settle().await;
        let flow = flow(&gateway, &purchase.requisition).await;
        for (place, (step, state)) in states(&flow).into_iter().enumerate() {
            assert_eq!(step, all[place]);
            assert_eq!(state == "done", place < done, "{stage:?} {step} {state}");
            // what follows the order may come at any time
            let is_turn = place == done || done >= 3 && state == "waiting";
            assert!(state == "done" || state == if is_turn { "waiting" } else { "pending" });
        }
    }
}

#[tokio::test]
async fn a_step_that_is_late_says_so() {
    let gateway = TestGateway::start().await;
    let purchase = come_to(&gateway, 1, Stage::Submitted).await;
    let approval = |flow: &Value| flow["steps"][1].clone();
    let before = approval(&flow(&gateway, &purchase.requisition).await);
    assert_eq!(before["overdue"], false);
    assert_eq!(before["waits_for"], json!(["requisition.approved"]));
    assert_eq!(before["retry"], "awaited");
    let undone = json!({ "action": "close_requisition", "mode": "automatic" });
    assert_eq!(before["compensation"], undone);
    gateway.clock().advance(std::time::Duration::from_secs(73 * 3600));
    let after = approval(&flow(&gateway, &purchase.requisition).await);
    assert_eq!((&after["overdue"], &after["since"]), (&json!(true), &before["since"]));
    gateway.supplier("SUP-1001").get("/process/v1/flows/req_1").await.refused(403, "forbidden");
    gateway.admin().get("/process/v1/flows/req_1").await.refused(404, "not_found");
    gateway.admin().get("/process/v1/flows/PO-NONE").await.refused(404, "not_found");
    let old = flow(&gateway, "PO-1001").await;
    assert_eq!(states(&old)[0], ("requisition", "skipped"));
}

async fn cancel(who: &Caller, root: &str) -> Answer {
    let body = json!({ "reason": "the theatre was closed" });
    who.post(&format!("/process/v1/flows/{root}/cancellation"), &body).await
}

#[tokio::test]
async fn what_is_not_ordered_is_withdrawn_with_its_flow() {
    let gateway = TestGateway::start().await;
    let purchase = come_to(&gateway, 1, Stage::Submitted).await;
    let planner = gateway.role(Role::Planner);
    let cancelled = cancel(&planner, &purchase.requisition).await;
    let done = &cancelled.expect(202)["compensations"];
    assert_eq!(done[0]["action"], "close_requisition", "{done}");
    let flow = flow(&gateway, &purchase.requisition).await;
    assert_eq!(flow["requisition"]["state"], "closed");
    assert_eq!(states(&flow)[1], ("approval", "cancelled"));
    assert_eq!(states(&flow)[9], ("payment", "cancelled"));
    cancel(&planner, &purchase.requisition).await.refused(409, "conflict");
    let path = format!("/consumption/v1/timeline?correlation_id={}", purchase.requisition);
    let timeline = gateway.ap().get(&path).await;
    assert_eq!(timeline.expect(200)["events"].as_array().unwrap().len(), 2, "{timeline:?}");
}

#[tokio::test]
async fn an_order_is_called_off_and_its_requisition_closed() {
    let gateway = TestGateway::start().await;
    let purchase = come_to(&gateway, 2, Stage::Ordered).await;
    let planner = gateway.role(Role::Planner);
    let cancelled = cancel(&planner, &purchase.requisition).await;
    let done = &cancelled.expect(202)["compensations"];
    assert_eq!(done[0]["action"], "cancel_order", "{done}");
    assert_eq!(done[0]["document"], purchase.order.as_str());
    // the work calls it off, and the back end tells of that
    gateway.settle().await;
    gateway.settle().await;
    let path = format!("/system/v1/purchase-orders/{}", purchase.order);
    assert_eq!(gateway.admin().get(&path).await.expect(200)["status"], "cancelled");
    let flow = flow(&gateway, &purchase.requisition).await;
    assert_eq!(flow["requisition"]["state"], "closed");
    let told = told(&gateway, &purchase.requisition).await;
    for what in ["po.cancelled", "requisition.closed"] {
        assert_eq!(told.iter().filter(|it| *it == what).count(), 1, "{told:?}");
    }
}

#[tokio::test]
async fn what_the_supplier_has_is_called_off_by_somebody_else_than_who_asked() {
    let gateway = TestGateway::start().await;
    let purchase = come_to(&gateway, 3, Stage::Acknowledged).await;
    cancel(&gateway.role(Role::Planner), &purchase.requisition).await.refused(403, "forbidden");
    let scoped = ["process.requisitions.write", "process.flows.read"];
    cancel(&gateway.scoped(&scoped), &purchase.requisition).await.refused(403, "forbidden");
    cancel(&gateway.admin(), &purchase.requisition).await.expect(202);
    cancel(&gateway.admin(), &purchase.requisition).await.refused(409, "conflict");
    gateway.settle().await;
    assert_eq!(standing(&gateway, &purchase.order).await["lifecycle"], "cancelled");
}

#[tokio::test]
async fn what_came_cannot_be_undone_and_both_halves_are_told() {
    let gateway = TestGateway::start().await;
    let purchase = come_to(&gateway, 4, Stage::Received).await;
    let refused = cancel(&gateway.admin(), &purchase.requisition).await;
    let detail = refused.refused(409, "conflict").json["detail"].as_str().unwrap().to_owned();
    for half in ["receipt (return_goods)", "order (cancel_order)"] {
        assert!(detail.contains(half), "{detail}");
    }
}

#[tokio::test]
async fn goods_that_come_at_the_last_moment_keep_the_order() {
    let gateway = TestGateway::start().await;
    let mut purchase = come_to(&gateway, 5, Stage::Acknowledged).await;
    cancel(&gateway.admin(), &purchase.requisition).await.expect(202);
    // before the work is done
    assert!(purchase.advance(&people(&gateway)).await);
    gateway.settle().await;
    let flow = flow(&gateway, &purchase.requisition).await;
    let dead = json!([format!("cancel_order:{}", purchase.order)]);
    assert_eq!(flow["dead_letters"], dead, "{flow}");
    let path = format!("/process/v1/dead-letters?correlation_id={}", purchase.requisition);
    let dead = gateway.role(Role::Operator).get(&path).await;
    let letter = &dead.expect(200)["items"][0];
    assert!(letter["suggestion"].as_str().unwrap().contains("no longer"), "{letter}");
    assert_eq!(flow["requisition"]["state"], "ordered");
}

#[tokio::test]
async fn an_order_that_was_made_before_is_found_and_not_made_twice() {
    let gateway = TestGateway::start().await;
    let purchase = come_to(&gateway, 6, Stage::Approved).await;
    // the order was made, and the gateway died before it knew
    let new = json!({
        "requisition_id": purchase.requisition, "supplier_id": "SUP-1001", "currency": "USD",
        "order_date": "2026-11-09",
        "lines": [{
            "line_number": 10, "item_id": "GLV-NIT-M", "unit_price": "12.50",
            "quantity": { "value": "7", "uom": "BX" },
        }],
    });
    let placed = gateway.admin().post("/system/v1/purchase-orders", &new).await;
    let number = placed.expect(201)["number"].clone();
    gateway.settle().await;
    let path = format!("{REQUISITIONS}/{}", purchase.requisition);
    let found = gateway.admin().get(&path).await;
    assert_eq!(found.expect(200)["purchase_order_number"], number);
    let by = format!("/system/v1/purchase-orders?requisition={}", purchase.requisition);
    let orders = gateway.admin().get(&by).await;
    assert_eq!(orders.expect(200)["items"].as_array().unwrap().len(), 1);
}
