package import PluginWire

extension WireFailure {
    /// What an answer says of an error: the services' errors keep their kind and code on the way.
    package init(_ error: any Error) {
        func failed(_ type: String, _ code: String?, _ message: String) -> WireFailure {
            WireFailure(code: PluginProtocol.ErrorCode.failed, message: message, data: .wire(["type": type, "code": code]))
        }
        switch error {
        case let error as WireFailure: self = error
        case is CancellationError: self.init(code: PluginProtocol.ErrorCode.cancelled, message: "it was cancelled")
        case let error as WireMistake: self.init(code: PluginProtocol.ErrorCode.invalidParams, message: error.description)
        case let error as EngineError: self = failed("engine", error.code.rawValue, error.description)
        case let error as LedgerError: self = failed("ledger", error.code.rawValue, error.description)
        case let error as CommandError: self = failed("command", nil, error.description)
        case let error as ImageArchiveError: self = failed("archive", nil, error.description)
        case let error as RegistryStoreError: self = failed("registry", "\(error.code)", error.description)
        case let error as RegistryError: self = failed("registry-api", error.code.rawValue, error.description)
        case let error as DeploymentFileError: self = failed("deployments", nil, error.description)
        default: self = failed("error", nil, "\(error)")
        }
    }

    /// The error that the other end had; this failure itself where it is none that both ends know.
    package var error: any Error {
        if code == PluginProtocol.ErrorCode.cancelled { return CancellationError() }
        guard code == PluginProtocol.ErrorCode.failed, let data, case .string(let type)? = data["type"] else { return self }
        let kind: String? = if case .string(let own)? = data["code"] { own } else { nil }
        switch (type, kind) {
        case ("engine", let kind?): return EngineError(.init(rawValue: kind), message)
        case ("ledger", let kind?): return LedgerError(.init(rawValue: kind), message)
        case ("command", _): return CommandError(message)
        case ("archive", _): return ImageArchiveError(message)
        case ("registry", let kind?): return RegistryStoreError(kind == "busy" ? .busy : kind == "changed" ? .changed : .unusable, message)
        case ("registry-api", let kind?): return RegistryError(.init(rawValue: kind), message)
        case ("deployments", _): return DeploymentFileError(message)
        default: return self
        }
    }
}
