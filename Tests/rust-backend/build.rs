//! What the linker has to be told.

fn main() {
    // The runtime keeps packed weights of a plugin that has a build ID.
    println!("cargo:rustc-cdylib-link-arg=-Wl,--build-id");
    // A symbol that is not there is an error: see the panic handler.
    println!("cargo:rustc-cdylib-link-arg=-Wl,-z,defs");
    println!("cargo:rerun-if-changed=build.rs");
}
