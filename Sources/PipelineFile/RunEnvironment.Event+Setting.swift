public import HookKit

extension RunEnvironment.Event: SettingChoice {}
