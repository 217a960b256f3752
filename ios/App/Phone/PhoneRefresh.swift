#if canImport(BackgroundTasks) && canImport(UIKit)
import BackgroundTasks
import Foundation
import IShenzhenModels
import UIKit

/// Passes for the coming days, fetched while nobody looks: the system says when, and may never.
enum PhoneRefresh {
    /// As Info.plist permits it.
    static let name = "ishenzhen.refresh"
    /// No sooner than this: passes are for days.
    private static let pause: TimeInterval = 6 * 3_600

    /// Asks for the next time. One that is asked for already is replaced; a phone on which the holder forbids
    /// it says no.
    static func ask() {
        let request = BGAppRefreshTaskRequest(identifier: name)
        request.earliestBeginDate = Date(timeIntervalSinceNow: pause)
        try? BGTaskScheduler.shared.submit(request)
    }

    /// Keys and vault are of no use while the phone is locked: then nothing is opened, and the next time is
    /// as good.
    @MainActor static func run(_ home: Home) async {
        if UIApplication.shared.isProtectedDataAvailable { await home.refresh() }
    }
}
#endif
