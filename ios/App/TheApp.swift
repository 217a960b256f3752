#if canImport(UIKit) && canImport(SwiftUI)
import Foundation
import IShenzhenModels
import SwiftUI
import UIKit

/// The app: one wallet, opened once, over this phone's own adapters.
@main struct TheApp: App {
    @State private var home = Home(
        door: PhoneDoor(city: .ofThisApp, deviceName: UIDevice.current.name, reason: words("unlock_to_go_on")),
        finger: PhoneFinger(reason: words("finger_prompt")))
    @Environment(\.scenePhase) private var phase

    var body: some Scene {
        WindowGroup { AppView(home: home) }
            .onChange(of: phase) {
                if phase == .background { PhoneRefresh.ask() }
            }
            .backgroundTask(.appRefresh(PhoneRefresh.name)) { [home] in
                PhoneRefresh.ask()
                await PhoneRefresh.run(home)
            }
    }
}

extension City {
    /// As the app's Info.plist has it; without root keys no wallet opens, and it says why.
    fileprivate static var ofThisApp: City {
        let told = Bundle.main.infoDictionary ?? [:]
        let root = (told["CityRootKey"] as? String).flatMap { Data(base64Encoded: $0) }
        return City(rootKeys: root.map { [$0] } ?? [], demo: told["CityIsADemo"] as? String == "YES")
    }
}
#endif
