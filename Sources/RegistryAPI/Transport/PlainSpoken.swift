import HookKit

/// Says that a server speaks no TLS on its port, so that plain HTTP may be tried where that is allowed.
struct PlainSpoken: Error {
    /// What it means where plain HTTP is not allowed.
    let error: RegistryError
}
