//! What is not about one API: bytes that are no request, versions that nobody serves, limits, and a node that stops under load.

mod floods;
mod foreign;
mod limits;
mod stop;
mod versions;
