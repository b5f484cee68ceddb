//! The real binary on a real port: what it prints, what it answers, how it stops.

mod command;

use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use std::time::{Duration, Instant};
use tempfile::TempDir;
use tests::binary::{self, Running, say};
use tests::database::Kept;
use tests::{INVOICES, demo};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Loose: a debug build on a busy machine. `benches/first_light.rs` measures the release.
const START_MAX: Duration = Duration::from_secs(5);
const IDLE_KB_MAX: u64 = 120_000;

fn home() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn http() -> Client {
    let builder = Client::builder().redirect(reqwest::redirect::Policy::none());
    builder.build().unwrap()
}

async fn get(base: &str, path: &str, token: Option<&str>) -> Response {
    let mut request = http().get(format!("{base}{path}"));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    request.send().await.unwrap()
}

#[tokio::test]
async fn the_demo_prints_links_and_tokens_that_work() {
    let home = home();
    let gateway = Running::demo(home.path(), &[], &[]);
    let contracts = format!("contracts  {}/docs/", gateway.base);
    assert!(gateway.welcome.contains(&contracts), "{}", gateway.welcome);
    assert!(gateway.welcome.contains(&format!("metrics    {}/metrics", gateway.admin)));
    for (role, path) in [
        ("ap", "/process/v1/invoices"),
        ("planner", "/system/v1/cost-centers"),
        ("analyst", "/consumption/v1/exceptions"),
        ("supplier", "/process/v1/invoices"),
        ("operator", "/system/v1/purchase-orders"),
        ("admin", "/system/v1/payables"),
    ] {
        let answer = get(&gateway.base, path, Some(gateway.token(role))).await;
        assert_eq!(answer.status(), 200, "{role}");
        assert_eq!(get(&gateway.base, path, None).await.status(), 401, "{path}");
    }
    assert_eq!(gateway.tokens.len(), 6);
}

#[tokio::test]
async fn tokens_of_the_command_line_are_tokens_of_the_demo() {
    let home = home();
    let gateway = Running::demo(home.path(), &[], &[]);
    let token = |arguments: &[&str]| binary::run(home.path(), arguments).out.trim().to_owned();
    let ap = token(&["token", "--role", "ap"]);
    assert_eq!(get(&gateway.base, "/process/v1/invoices", Some(&ap)).await.status(), 200);
    let narrow = token(&["token", "--role", "ap", "--scope", "system.items.read"]);
    assert_eq!(get(&gateway.base, "/system/v1/items", Some(&narrow)).await.status(), 200);
    assert_eq!(get(&gateway.base, "/process/v1/invoices", Some(&narrow)).await.status(), 403);
    let unknown = ["token", "--role", "ap", "--scope", "system.item.read"];
    let refused = binary::run(home.path(), &unknown);
    assert_eq!((refused.code, &*refused.out), (2, ""), "{}", refused.err);
    assert!(refused.err.contains("\"system.item.read\""), "{}", refused.err);
    assert!(refused.err.contains("system.items.read, "), "{}", refused.err);
    let supplier = token(&["token", "--role", "supplier", "--supplier", "SUP-1002"]);
    let own = get(&gateway.base, "/process/v1/invoices", Some(&supplier)).await;
    assert_eq!(own.status(), 200);
}

/// A configuration whose only issuer is not the sandbox; the key is the example of RFC 8037.
const ISSUER: &str = r#"
    [[inbound.auth.issuers]]
    issuer = "https://login.example"
    audience = "threeway"
    jwks = { file = "KEYS" }
"#;
const KEYS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"1","use":"sig","alg":"EdDSA",
    "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

#[tokio::test]
async fn serve_takes_sandbox_tokens_only_where_the_sandbox_is_enabled() {
    let home = home();
    let (folder, keys) = (home.path().join("config"), home.path().join("keys.json"));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(&keys, KEYS).unwrap();
    let store = Kept::at(home.path(), "serve.sqlite");
    let token = binary::run(home.path(), &["token", "--role", "admin"]).out;
    for (sandbox, status) in [("", 401), ("[sandbox]\nenabled = true\n", 200)] {
        let text = ISSUER.replace("KEYS", &keys.display().to_string()) + sandbox;
        std::fs::write(folder.join("threeway.toml"), text).unwrap();
        let arguments = ["--config", folder.to_str().unwrap(), "--store", &store.url];
        let gateway = Running::serve(home.path(), &arguments, &[]);
        let answer = get(&gateway.base, "/system/v1/items", Some(token.trim())).await;
        assert_eq!(answer.status(), status, "{sandbox:?}: {}", gateway.log());
        let ready = get(&gateway.admin, "/health/ready", None).await;
        assert_eq!(ready.status(), 200, "{}", gateway.log());
    }
}

#[tokio::test]
async fn what_serve_was_told_it_still_knows_after_a_stop() {
    let home = home();
    let store = Kept::at(home.path(), "kept.sqlite");
    let mut links: Vec<String> = Vec::new();
    for _ in 0..2 {
        let mut gateway = Running::demo(home.path(), &["--store", &store.url], &[]);
        for link in &links {
            let found = get(&gateway.base, link, Some(gateway.token("ap"))).await;
            assert_eq!(found.status(), 200, "{link}");
        }
        let answer = http()
            .post(format!("{}{INVOICES}", gateway.base))
            .bearer_auth(gateway.token("ap"))
            .header("idempotency-key", "kept-1")
            .json(&demo::invoice("matched"))
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 202);
        let is_again = answer.headers().contains_key("idempotency-replayed");
        assert_eq!(is_again, !links.is_empty());
        let body: Value = answer.json().await.unwrap();
        links.push(body["links"]["self"].as_str().unwrap().to_owned());
        gateway.terminate();
        assert_eq!(gateway.wait().code(), Some(0), "{}", gateway.log());
    }
    assert_eq!(links[0], links[1]);
}

#[tokio::test]
async fn a_stop_lets_a_request_in_flight_end() {
    let home = home();
    let mut gateway = Running::demo(home.path(), &[], &[]);
    let address = gateway.base.rsplit('/').next().unwrap().to_owned();
    let body = demo::invoice("matched").to_string();
    let head = format!(
        "POST {INVOICES} HTTP/1.1\r\nhost: {address}\r\nauthorization: Bearer {}\r\n\
         idempotency-key: drain-1\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\
         expect: 100-continue\r\n\r\n",
        gateway.token("ap"),
        body.len()
    );
    let mut connection = TcpStream::connect(&address).await.unwrap();
    connection.write_all(head.as_bytes()).await.unwrap();
    // asked for the body: the request is being served
    let mut answer = vec![0; 4_096];
    let length = connection.read(&mut answer).await.unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 100 "), "{:?}", &answer[..length]);
    gateway.terminate();
    while TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    connection.write_all(body.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    assert!(answer.contains(r#""outcome":"matched""#), "{answer}");
    assert_eq!(gateway.wait().code(), Some(0), "{}", gateway.log());
}

#[tokio::test]
async fn it_starts_at_once_and_is_small() {
    let home = home();
    let began = Instant::now();
    let gateway = Running::demo(home.path(), &[], &[]);
    let path = "/system/v1/purchase-orders/PO-1001";
    let answer = get(&gateway.base, path, Some(gateway.token("ap"))).await;
    let took = began.elapsed();
    assert_eq!(answer.status(), 200);
    let idle = gateway.resident_kb();
    say(&format!("start to first answer {} ms, idle {} MB", took.as_millis(), idle / 1_000));
    assert!(took < START_MAX, "{took:?}");
    assert!(idle < IDLE_KB_MAX, "{idle} kB");
}

#[tokio::test]
async fn the_contracts_are_rendered_without_a_network() {
    let home = home();
    let gateway = Running::demo(home.path(), &[], &[]);
    let front = get(&gateway.base, "/", None).await;
    assert_eq!(front.headers()["location"], "/docs/");
    let page = get(&gateway.base, "/docs/", None).await.text().await.unwrap();
    let set = get(&gateway.base, "/docs/swagger-initializer.js", None).await.text().await.unwrap();
    for text in [&page, &set] {
        assert!(!text.contains("//unpkg") && !text.contains("://"), "{text}");
    }
    let links = page
        .split(['"', '\''])
        .filter(|it| [".js", ".css", ".png"].iter().any(|end| it.ends_with(end)));
    let links: Vec<&str> = links.map(|it| it.trim_start_matches("./")).collect();
    assert!(links.len() >= 4, "{page}");
    for link in links {
        let asset = get(&gateway.base, &format!("/docs/{link}"), None).await;
        assert_eq!(asset.status(), 200, "{link}");
        assert!(!asset.bytes().await.unwrap().is_empty(), "{link}");
    }
    for layer in ["system", "process", "consumption"] {
        let path = format!("/openapi/{layer}-v1.json");
        assert!(set.contains(&path), "{set}");
        let served: Value = get(&gateway.base, &path, None).await.json().await.unwrap();
        let said = binary::run(home.path(), &["openapi", layer]).out;
        assert_eq!(served, serde_json::from_str::<Value>(&said).unwrap(), "{layer}");
    }
}

#[tokio::test]
async fn health_and_metrics_are_for_the_admin_listener_alone() {
    let home = home();
    let gateway = Running::demo(home.path(), &[], &[]);
    get(&gateway.base, "/system/v1/items", Some(gateway.token("ap"))).await;
    for (path, word) in [
        ("/health/live", "alive"),
        ("/health/ready", "ready"),
        ("/metrics", "threeway_requests_total{operation=\"list_items\""),
    ] {
        let answer = get(&gateway.admin, path, None).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let text = answer.text().await.unwrap();
        assert!(text.contains(word), "{path}: {text}");
        let public = get(&gateway.base, path, Some(gateway.token("admin"))).await;
        assert_eq!(public.status(), 404, "{path}");
    }
    let api = get(&gateway.admin, "/system/v1/items", Some(gateway.token("admin"))).await;
    assert_eq!(api.status(), 404);
}
