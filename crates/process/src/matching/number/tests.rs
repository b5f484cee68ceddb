//! number tests
