use super::*;
use proptest::prelude::*;

fn exact(value: i64, of: i64) -> Exact {
    Exact::new(value.into(), of.into())
}

fn worth(cents: i64, per: i64) -> Worth {
    Worth {
        price: exact(cents, 100 * per),
        currency: "EUR".parse().unwrap(),
        functional: Currency::USD,
        charged: AccountRole::Inventory,
    }
}

fn sum(postings: &[Posting], role: AccountRole) -> i128 {
    postings.iter().filter(|it| it.0 == role).map(|it| it.1).sum()
}

#[test]
fn m48_a_rate_that_moved_is_never_a_price_variance() {
    let mut clearing = Clearing::new(worth(1_000, 1));
    let ten = exact(10, 1);
    clearing.post(&Fact::Moved { quantity: ten.clone(), rate: exact(110, 100) });
    let billed = Fact::Billed { quantity: ten, net: 10_200, rate: exact(112, 100) };
    let postings = clearing.post(&billed);
    assert_eq!(sum(&postings, AccountRole::Grni), 11_000);
    assert_eq!(sum(&postings, AccountRole::PriceVariance), 224);
    assert_eq!(sum(&postings, AccountRole::FxVariance), 200);
    assert_eq!(sum(&postings, AccountRole::Ap), -11_424);
    assert_eq!(clearing.balance().1.minor(), 0);
}

#[test]
fn goods_that_are_billed_first_are_in_transit_on_the_clearing_account() {
    let mut clearing = Clearing::new(worth(2_500, 1));
    let (three, one) = (exact(3, 1), exact(1, 1));
    clearing.post(&Fact::Billed { quantity: three.clone(), net: 7_500, rate: one.clone() });
    assert_eq!(clearing.balance().0.minor(), -7_500);
    clearing.post(&Fact::Moved { quantity: three, rate: one });
    assert_eq!(clearing.balance().0.minor(), 0);
}

/// Receipts and invoices of the same goods in parts, mixed; above zero a receipt.
fn facts() -> impl Strategy<Value = Vec<(bool, i64, i64, i64)>> {
    prop::collection::vec((any::<bool>(), 1..40i64, 90..120i64, -50..50i64), 1..12)
}

fn play(
    clearing: &mut Clearing,
    (is_moved, count, rate, over): (bool, i64, i64, i64),
) -> Vec<Posting> {
    let (quantity, rate) = (exact(count, 3), exact(rate, 100));
    let net = minor_of(&(&quantity * &clearing.worth.price * exact(100, 1))) + i128::from(over);
    let fact = if is_moved {
        Fact::Moved { quantity, rate }
    } else {
        Fact::Billed { quantity, net, rate }
    };
    clearing.post(&fact)
}

proptest! {
    /// A20.7: fully received and fully billed is exactly nothing, in both currencies.
    #[test]
    fn the_clearing_account_ends_at_nothing(facts in facts(), cents in 1..100_000i64) {
        let mut clearing = Clearing::new(worth(cents, 7));
        let mut open = Exact::from_integer(0.into());
        for fact in facts {
            play(&mut clearing, fact);
            open += exact(if fact.0 { fact.1 } else { -fact.1 }, 3);
        }
        let rate = exact(1, 1);
        if open > zero() {
            clearing.post(&Fact::Billed { quantity: open, net: 1, rate });
        } else {
            clearing.post(&Fact::Moved { quantity: absolute(&open), rate });
        }
        let (own, base) = clearing.balance();
        prop_assert_eq!((own.minor(), base.minor()), (0, 0));
    }

    /// A20.12: price, rate and clearing account add up to what is owed, and the account moves by
    /// what is posted to it.
    #[test]
    fn every_posting_adds_up(facts in facts(), cents in 1..100_000i64) {
        let mut clearing = Clearing::new(worth(cents, 7));
        for fact in facts {
            let before = clearing.balance().1.minor();
            let postings = play(&mut clearing, fact);
            prop_assert_eq!(postings.iter().map(|it| it.1).sum::<i128>(), 0);
            let moved = before - clearing.balance().1.minor();
            prop_assert_eq!(sum(&postings, AccountRole::Grni), moved);
        }
    }

    /// A20.6: what is taken back whole brings every role back.
    #[test]
    fn what_is_taken_back_leaves_nothing(
        count in 1..100i64,
        cents in 1..100_000i64,
        over in -50..50i128,
    ) {
        let mut clearing = Clearing::new(worth(cents, 7));
        let (quantity, rate) = (exact(count, 3), exact(11, 10));
        let back = -&quantity;
        let net = 10_000 + over;
        let facts = [
            Fact::Moved { quantity: quantity.clone(), rate: rate.clone() },
            Fact::Billed { quantity, net, rate: rate.clone() },
            Fact::Billed { quantity: back.clone(), net: -net, rate: rate.clone() },
            Fact::Moved { quantity: back, rate },
        ];
        let postings: Vec<Posting> = facts.iter().flat_map(|it| clearing.post(it)).collect();
        for role in AccountRole::ALL {
            prop_assert_eq!(sum(&postings, role), 0);
        }
    }
}
