//! What is measured: a computation on secret input, under a name.

/// A case: how it is called, and what it does.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Whether a kernel for GF(2⁸) takes part in it.
    pub(crate) uses_kernel: bool,
    /// Whether it leaks on purpose, and must be flagged.
    pub(crate) control: bool,
    pub(crate) subject: Box<dyn Subject>,
}

/// Something that computes with secrets.
pub(crate) trait Subject {
    /// How many bytes of secret input it takes.
    fn len(&self) -> usize;

    /// Takes secret input, of either class; not part of what is looked at.
    fn load(&mut self, secret: &[u8]);

    /// Where the secret input is now.
    fn secrets(&self) -> Vec<&[u8]>;

    /// What is looked at.
    fn run(&mut self);

    /// Which instructions it runs on this machine, where that is not a matter of a kernel.
    fn instructions(&self) -> Option<&'static str> {
        None
    }
}
