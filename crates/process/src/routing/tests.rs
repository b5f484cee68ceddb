use super::*;

const HEAD: &str = "id = \"R\"\nversion = 7\napproved_by = \"me\"\nreason = \"ours\"\n";
const LAST: &str = "[[rules]]\nid = \"rest\"\npriority = 99\nqueue = \"owner\"\n";

fn rules(text: &str) -> Result<Routing> {
    Routing::parse_toml(&format!("{HEAD}{text}{LAST}"))
}

fn rule(id: &str, priority: u32, when: &str, queue: &str) -> String {
    format!(
        "[[rules]]\nid = \"{id}\"\npriority = {priority}\nwhen = {{ {when} }}\n\
         queue = \"{queue}\"\n"
    )
}

fn matter(text: &str) -> Matter {
    toml::from_str(&text.replace("; ", "\n")).unwrap()
}

#[track_caller]
fn goes(routing: &Routing, about: &str, queue: &str) {
    let on = Some("2026-05-04".parse().unwrap());
    assert_eq!(routing.route(&matter(about), on).queue, queue, "{about}");
}

#[test]
fn what_ships_is_whole_and_gives_each_reason_to_its_owner() {
    let routing = Routing::default_shipped().unwrap();
    assert_eq!(routing.cited(), "R0@1");
    for code in Code::ALL {
        let route = routing.route(&matter(&format!("code = \"{code}\"")), None);
        assert_eq!((route.queue, route.clock), (owner_queue(code.owner()), code.clock()));
    }
    let critical = routing.route(&matter("code = \"QTY-01\"; critical = true"), None);
    assert_eq!((critical.queue.as_str(), critical.clock), ("receiving", ClockClass::T1));
    assert_eq!(routing.levels("buyer"), Some(("supervisor", "manager")));
    assert!(routing.has_queue("manager") && routing.has_queue("buyer"));
    assert!(!routing.has_queue("owner") && !routing.has_queue("nobody"));
}

#[test]
fn the_first_by_priority_decides_and_then_the_one_that_binds_most() {
    let text = [
        rule("north", 5, "facilities = [\"FAC-1\"]", "north"),
        rule("family", 10, "codes = [\"PRC\"]", "prices"),
        rule("code", 10, "codes = [\"PRC-01\"]", "dear"),
        rule("both", 10, "codes = [\"PRC-01\"], suppliers = [\"SUP-1\"]", "own"),
    ];
    let routing = rules(&text.concat()).unwrap();
    goes(&routing, "code = \"PRC-02\"", "prices");
    goes(&routing, "code = \"PRC-01\"", "dear");
    goes(&routing, "code = \"PRC-01\"; supplier = \"SUP-1\"", "own");
    goes(&routing, "code = \"PRC-01\"; supplier = \"SUP-1\"; facility = \"FAC-1\"", "north");
    goes(&routing, "code = \"TAX-01\"", "tax");
}

#[test]
fn each_condition_is_asked() {
    for (when, fits, not) in [
        ("classes = [\"42\"]", "class = \"42\"", "class = \"43\""),
        ("critical = true", "critical = true", "critical = false"),
        ("cost_centers = [\"CC-1\"]", "cost_center = \"CC-1\"", "cost_center = \"CC-2\""),
        ("channels = [\"x12\"]", "channel = \"x12\"", "channel = \"json\""),
    ] {
        let routing = rules(&rule("a", 1, when, "found")).unwrap();
        goes(&routing, &format!("code = \"TAX-01\"; {fits}"), "found");
        goes(&routing, &format!("code = \"TAX-01\"; {not}"), "tax");
        goes(&routing, "code = \"TAX-01\"", "tax");
    }
    let bounds = "currency = \"USD\", gross_from = \"10.00\", gross_to = \"20.00\"";
    let routing = rules(&rule("a", 1, bounds, "found")).unwrap();
    for (gross, currency, queue) in [
        ("9.99", "USD", "tax"),
        ("10.00", "USD", "found"),
        ("19.99", "USD", "found"),
        ("20.00", "USD", "tax"),
        ("15.00", "EUR", "tax"),
    ] {
        let about = format!("code = \"TAX-01\"; gross = \"{gross}\"; currency = \"{currency}\"");
        goes(&routing, &about, queue);
    }
}

#[test]
fn a_rule_holds_on_its_days() {
    let old = rule("old", 1, "codes = [\"TAX\"]", "old") + "effective = { to = \"2026-05-03\" }\n";
    let new =
        rule("new", 1, "codes = [\"TAX\"]", "new") + "effective = { from = \"2026-05-04\" }\n";
    let routing = rules(&(old.clone() + &new)).unwrap();
    let tax = matter("code = \"TAX-01\"");
    let on = |day: &str| routing.route(&tax, Some(day.parse().unwrap())).queue;
    assert_eq!((on("2026-05-03"), on("2026-05-04")), ("old".to_owned(), "new".to_owned()));
    assert_eq!(routing.route(&tax, None).queue, "tax");
    faulty(&(old.replace("05-03", "05-04") + &new), &["/rules/1/priority"]);
}

#[track_caller]
fn faulty(text: &str, pointers: &[&str]) {
    let error = rules(text).unwrap_err();
    let found: Vec<_> = error.fields().iter().map(|it| it.pointer.as_str()).collect();
    assert_eq!(found, pointers, "{error:?}");
}

#[test]
fn faults_are_named_with_their_place() {
    faulty(
        &rule("a", 1, "codes = [\"QTY-99\", \"XYZ\"]", "a"),
        &["/rules/0/when/codes/0", "/rules/0/when/codes/1"],
    );
    faulty(&rule("a", 1, "channels = [\"fax\"]", "a"), &["/rules/0/when/channels/0"]);
    faulty(&rule("a", 1, "gross_from = \"1\"", "a"), &["/rules/0/when/currency"]);
    let bounds = "currency = \"USD\", gross_from = \"2\", gross_to = \"2\"";
    faulty(&rule("a", 1, bounds, "a"), &["/rules/0/when/gross_to"]);
    faulty(&rule("a", 1, "critical = true", "A B"), &["/rules/0/queue"]);
    let two = rule("a", 1, "codes = [\"QTY\"]", "a") + &rule("b", 1, "critical = true", "b");
    faulty(&two, &["/rules/1/priority"]);
    let apart = rule("a", 1, "critical = false", "a") + &rule("a", 1, "critical = true", "b");
    faulty(&apart, &["/rules/1/id"]);
    faulty(&rule("late", 100, "critical = true", "a"), &["/rules"]);
    let error = Routing::parse_toml(&format!("{HEAD}rules = []")).unwrap_err();
    assert_eq!(error.fields()[0].pointer, "/rules");
}

#[test]
fn an_example_that_does_not_come_out_is_a_fault_with_its_place() {
    let fixture = "[[fixtures]]\nname = \"x\"\nwhen = { code = \"TAX-01\" }\nqueue = \"buyer\"\n\
                   clock = \"T1\"\n";
    faulty(fixture, &["/fixtures/0/queue", "/fixtures/0/clock"]);
    rules(&fixture.replace("buyer", "tax").replace("T1", "T3")).unwrap();
}

#[test]
fn a_row_of_escalation_is_for_one_queue_or_for_all_others() {
    let row = |queue: &str, two: &str| {
        format!("[[escalations]]\n{queue}level_2 = \"{two}\"\nlevel_3 = \"top\"\n")
    };
    let routing = rules(&(row("queue = \"buyer\"\n", "lead") + &row("", "any"))).unwrap();
    assert_eq!(routing.levels("buyer"), Some(("lead", "top")));
    assert_eq!(routing.levels("tax"), Some(("any", "top")));
    faulty(&(row("", "a") + &row("", "b")), &["/escalations/1/queue"]);
    faulty(&row("", "owner"), &["/escalations/0/level_2"]);
}
