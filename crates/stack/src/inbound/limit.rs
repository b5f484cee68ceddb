//! Policy 11: how many requests a principal may send. Answers carry the IETF `RateLimit` fields
//! (draft-ietf-httpapi-ratelimit-headers).

use super::trace::Asked;
use crate::Problem;
use crate::operations::Table;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use canonical::{Error, Principal, Result, Role};
use governor::clock::{Clock as _, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota as GovernorQuota, RateLimiter};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const STATE: HeaderName = HeaderName::from_static("ratelimit");

/// How many requests a principal may send, by its role.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// For principals whose role has no plan.
    pub default: Plan,
    /// For a role, by its name.
    pub roles: BTreeMap<String, Plan>,
    /// What a request costs, by operation id; 1 where it is not named.
    pub costs: BTreeMap<String, u32>,
}

/// What one principal may send.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// For all operations together that have no quota of their own.
    pub all: Quota,
    /// For single operations, by operation id: each counted for itself.
    #[serde(default)]
    pub operations: BTreeMap<String, Quota>,
}

/// So many requests in so much time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quota {
    /// Requests per window, counted by cost.
    pub requests: u32,
    /// The window.
    pub window_seconds: u32,
    /// The most at once, after a quiet time.
    pub burst: u32,
}

impl Default for Options {
    fn default() -> Self {
        let plan = |requests, burst| Plan {
            all: Quota { requests, window_seconds: 60, burst },
            operations: BTreeMap::new(),
        };
        Self {
            default: plan(600, 100),
            roles: BTreeMap::from([
                (Role::Supplier.name().to_owned(), plan(300, 60)),
                (Role::Ap.name().to_owned(), plan(6_000, 1_000)),
                (Role::Admin.name().to_owned(), plan(6_000_000, 1_000_000)),
            ]),
            costs: BTreeMap::new(),
        }
    }
}

type Buckets =
    RateLimiter<String, DashMapStateStore<String>, DefaultClock, StateInformationMiddleware>;

/// Counts the requests of each principal, in this process.
pub struct Limiter {
    default: Opened,
    roles: HashMap<Role, Opened>,
    costs: HashMap<String, NonZeroU32>,
}

/// A plan with its buckets.
struct Opened {
    all: Counter,
    operations: HashMap<String, Counter>,
}

/// A quota with a bucket per principal.
struct Counter {
    name: String,
    policy: HeaderValue,
    buckets: Buckets,
}

/// What is left, for the headers.
struct Left {
    state: Option<HeaderValue>,
    policy: HeaderValue,
}

impl Limiter {
    /// Checks the plans against the operations there are.
    ///
    /// # Errors
    /// `invalid` naming the role, operation, number or cost that is of no use.
    pub fn open(options: &Options, operations: &Table) -> Result<Self> {
        let known = |id: &String| {
            let found = operations.iter().any(|it| *it.id == **id);
            found.then_some(()).ok_or_else(|| wrong(&format!("there is no operation {id}")))
        };
        let mut costs = HashMap::new();
        for (id, cost) in &options.costs {
            known(id)?;
            let cost = NonZeroU32::new(*cost).ok_or_else(|| wrong(&format!("{id} costs 0")))?;
            costs.insert(id.clone(), cost);
        }
        let plans = options.roles.values().chain([&options.default]);
        for plan in plans {
            plan.operations.keys().try_for_each(known)?;
            plan.affords(&costs)?;
        }
        let mut roles = HashMap::new();
        for (name, plan) in &options.roles {
            let role: Role = name.parse().map_err(|it: String| wrong(&it))?;
            roles.insert(role, Opened::open(plan)?);
        }
        Ok(Self { default: Opened::open(&options.default)?, roles, costs })
    }

    /// Forgets principals whose quota is full again. The gateway calls this now and then, so that
    /// the counts do not grow with every principal ever seen.
    pub fn retain_recent(&self) {
        for plan in self.roles.values().chain([&self.default]) {
            for counter in plan.operations.values().chain([&plan.all]) {
                counter.buckets.retain_recent();
                counter.buckets.shrink_to_fit();
            }
        }
    }

    fn count(&self, principal: &Principal, operation: &str) -> (Left, Result<()>) {
        let plan = principal.role.and_then(|it| self.roles.get(&it)).unwrap_or(&self.default);
        let counter = plan.operations.get(operation).unwrap_or(&plan.all);
        let cost = self.costs.get(operation).copied().unwrap_or(NonZeroU32::MIN);
        counter.take(&principal.id, cost)
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let roles: Vec<_> = self.roles.keys().collect();
        f.debug_struct("Limiter").field("roles", &roles).finish_non_exhaustive()
    }
}

impl Plan {
    fn affords(&self, costs: &HashMap<String, NonZeroU32>) -> Result<()> {
        for (id, cost) in costs {
            if cost.get() > self.operations.get(id).unwrap_or(&self.all).burst {
                return Err(wrong(&format!("a burst does not afford one {id}")));
            }
        }
        Ok(())
    }
}

impl Opened {
    fn open(plan: &Plan) -> Result<Self> {
        let counter = |(id, quota): (&String, &Quota)| Ok((id.clone(), Counter::open(id, quota)?));
        Ok(Self {
            all: Counter::open("default", &plan.all)?,
            operations: plan.operations.iter().map(counter).collect::<Result<_>>()?,
        })
    }
}

impl Counter {
    fn open(name: &str, quota: &Quota) -> Result<Self> {
        let Quota { requests, window_seconds, burst } = *quota;
        let impossible = || wrong(&format!("the numbers of {name} are out of their range"));
        let window = Duration::from_secs(window_seconds.into());
        let each = window.checked_div(requests).ok_or_else(impossible)?;
        let burst = NonZeroU32::new(burst).ok_or_else(impossible)?;
        let quota = GovernorQuota::with_period(each).ok_or_else(impossible)?.allow_burst(burst);
        let policy = format!("\"{name}\";q={requests};w={window_seconds}");
        let policy = policy.parse().map_err(|it| impossible().because(it))?;
        let buckets = RateLimiter::dashmap(quota).with_middleware();
        Ok(Self { name: name.to_owned(), policy, buckets })
    }

    fn take(&self, principal: &String, cost: NonZeroU32) -> (Left, Result<()>) {
        let (left, seconds, result) = match self.buckets.check_key_n(principal, cost) {
            Ok(Ok(state)) => {
                let left = state.remaining_burst_capacity();
                let quota = state.quota();
                let gone = quota.burst_size().get().saturating_sub(left);
                (left, up(quota.replenish_interval().saturating_mul(gone)), Ok(()))
            }
            Ok(Err(until)) => {
                let wait = up(until.wait_time_from(self.buckets.clock().now())).max(1);
                (0, wait, Err(Error::limited("the rate plan is used up for now", wait)))
            }
            // The start refuses costs over the burst.
            Err(error) => (0, 0, Err(Error::internal("a request costs too much").because(error))),
        };
        let state = format!("\"{}\";r={left};t={seconds}", self.name).parse().ok();
        (Left { state, policy: self.policy.clone() }, result)
    }
}

impl Left {
    fn write(self, headers: &mut HeaderMap) {
        headers.insert(POLICY, self.policy);
        if let Some(state) = self.state {
            headers.insert(STATE, state);
        }
    }
}

pub(super) async fn limit(
    State(limiter): State<Arc<Limiter>>,
    request: Request,
    next: Next,
) -> Response {
    let extensions = request.extensions();
    let (Some(principal), Some(Asked(operation))) =
        (extensions.get::<Principal>(), extensions.get::<Asked>())
    else {
        return next.run(request).await;
    };
    let (left, result) = limiter.count(principal, &operation.id);
    let mut response = match result {
        Ok(()) => next.run(request).await,
        Err(error) => Problem(error).into_response(),
    };
    left.write(response.headers_mut());
    response
}

/// Whole seconds, rounded up: a caller that waits so long is not refused again.
fn up(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX)
}

fn wrong(what: &str) -> Error {
    Error::invalid_field("/inbound/limits", what)
}
