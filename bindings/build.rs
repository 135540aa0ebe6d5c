//! Tells the linker what an N-API addon needs on this platform.

fn main() {
    napi_build::setup();
}
