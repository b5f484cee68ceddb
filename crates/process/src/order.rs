//! Purchase orders as our process sees them (`domain.md` A4.2): where each stands, made of what the
//! back ends say and of what was sent and answered. Nothing of it is set by hand.

mod acknowledgement;
mod cancel;
mod evidence;
mod life;
mod observe;
mod read;

pub use acknowledgement::AcknowledgementDifference;
pub(crate) use cancel::{CANCEL_ORDER, cancel_work};
pub use evidence::{Dispatch, Recorded};
pub use life::{Coverage, Lifecycle, Progress};
pub(crate) use observe::OBSERVE_ORDER;
pub use read::{Evidence, LineStanding, OrderStanding};
