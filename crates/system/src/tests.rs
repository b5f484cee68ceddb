use super::*;
use canonical::{FacilityId, Page, PageRequest};

fn clock() -> Clock {
    Arc::new(|| "2026-11-22T12:00:00Z".parse().unwrap())
}

fn open(configuration: &str) -> Result<System> {
    #[derive(serde::Deserialize)]
    struct Config {
        backends: BTreeMap<String, backends::Options>,
        system: Routing,
    }
    let config: Config = toml::from_str(configuration).unwrap();
    System::open(&config.system, &config.backends, &clock())
}

fn routing(payables: &str) -> String {
    let nouns = ["suppliers", "items", "facilities", "cost_centers", "purchase_orders", "receipts"];
    let routes: String = nouns.iter().map(|it| format!("{it} = \"erp\"\n")).collect();
    format!("[system]\n{routes}payables = \"{payables}\"\n[backends.erp]\nkind = \"memory\"\n")
}

#[tokio::test]
async fn nouns_come_from_the_back_end_that_keeps_them() {
    let config = routing("finance") + "[backends.finance]\nkind = \"memory\"\ndata = \"demo\"\n";
    let system = open(&config).unwrap();
    let id: FacilityId = "ALDERMOOR-DC".parse().unwrap();
    assert_eq!(system.facilities().get(&id).await.unwrap().id, id);
    assert!(!system.payables().list(None, &PageRequest::default()).await.unwrap().items.is_empty());
}

#[test]
fn a_back_end_that_nobody_configured_stops_the_start() {
    let error = open(&routing("sap")).unwrap_err();
    assert_eq!(error.fields()[0].pointer, "/system/payables");
    assert_eq!(
        error.fields()[0].detail,
        "there is no back end \"sap\" to keep payables; configured are: erp"
    );
}

#[test]
fn a_back_end_that_cannot_be_opened_is_one_fault_and_not_seven() {
    let error = open(&(routing("erp") + "data = \"/no/such/folder\"\n")).unwrap_err();
    let pointers: Vec<_> = error.fields().iter().map(|it| it.pointer.as_str()).collect();
    assert_eq!(pointers, ["/backends/erp/data"]);
}

#[test]
fn an_unknown_key_is_named() {
    let text = "kind = \"memory\"\npath = \"x\"\n";
    let error = toml::from_str::<backends::Options>(text).unwrap_err();
    assert!(error.to_string().contains("unknown field `path`"), "{error}");
    assert!(toml::from_str::<backends::Options>("kind = \"abacus\"\n").is_err());
}

#[test]
fn a_missing_capability_names_noun_back_end_and_kind() {
    #[derive(Debug)]
    struct OnlyFacilities;
    #[async_trait::async_trait]
    impl Facilities for OnlyFacilities {
        async fn get(&self, id: &FacilityId) -> Result<canonical::Facility> {
            Err(Error::not_found("facility", id))
        }
        async fn list(&self, _: &PageRequest) -> Result<Page<canonical::Facility>> {
            Ok(Page { items: Vec::new(), next_cursor: None })
        }
    }
    impl Backend for OnlyFacilities {
        fn facilities(self: Arc<Self>) -> Option<Arc<dyn Facilities>> {
            Some(self)
        }
    }
    let error = System::with(Arc::new(OnlyFacilities)).unwrap_err();
    assert_eq!(error.fields().len(), 6);
    assert_eq!(error.fields()[0].pointer, "/system/suppliers");
    let detail = "the back end \"only\" (given) keeps no suppliers; name another";
    assert_eq!(error.fields()[0].detail, detail);
}
