//! The subject of an examination: a computation on secret input.

/// A named computation to examine.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// Whether it uses a kernel for GF(2⁸), so that it is examined once for each kernel.
    pub(crate) uses_kernel: bool,
    /// Whether it leaks on purpose, so that a way of examining that does not flag it proves nothing.
    pub(crate) control: bool,
    pub(crate) subject: Box<dyn Subject>,
}

/// A computation with secrets.
pub(crate) trait Subject {
    /// The length of the secret input in bytes.
    fn len(&self) -> usize;

    /// Takes secret input of either class. This is not part of what is examined.
    fn load(&mut self, secret: &[u8]);

    /// The memory that holds the secret input after [`Subject::load`].
    fn secrets(&self) -> Vec<&[u8]>;

    /// The computation that is examined.
    fn run(&mut self);

    /// The instruction set that it uses on this machine, where it does not use a kernel.
    fn instructions(&self) -> Option<&'static str> {
        None
    }
}
