//! How partitions are shared out. One assignor a file, registered in `ASSIGNORS`.

mod range;
mod spec;
mod uniform;

pub(crate) use spec::{ASSIGNORS, Assignor, Spec, SpecMember, find};
