//! What a case and a subject are, for the cases, the peers and the program alike.

/// One way to do the work of one case.
pub(crate) struct Subject {
    pub(crate) case: &'static str,
    pub(crate) name: &'static str,
    pub(crate) call: Box<dyn FnMut()>,
}

/// A secret to be split and combined, and the ids of these two cases.
#[derive(Clone)]
pub(crate) struct Sharing {
    pub(crate) secret: Vec<u8>,
    /// How many shares.
    pub(crate) n: u8,
    /// How many of them give the secret back.
    pub(crate) k: u8,
    pub(crate) split: &'static str,
    pub(crate) combine: &'static str,
}
