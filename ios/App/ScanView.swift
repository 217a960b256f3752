#if canImport(SwiftUI)
import SwiftUI

/// How the camera is.
enum Sight: Sendable { case shut, open, denied, away }

/// A QR code read by the phone's camera, which is asked for when the holder wants it and not before.
struct ScanView: View {
    let read: @MainActor (String) async -> Void
    @State private var sight = Sight.shut

    var body: some View {
        if canScan {
            switch sight {
            case .open:
                Text(words("camera_explained"))
                finder
                Other(text: words("camera_shut")) { sight = .shut }
            case .denied, .away, .shut:
                if sight == .denied { Text(words("camera_denied")) }
                if sight == .away { Text(words("camera_away")) }
                Big(text: words("camera_open")) { sight = await askForCamera() }
            }
        }
    }

    #if canImport(UIKit) && canImport(AVFoundation)
    private let canScan = true

    private var finder: some View {
        PhoneCamera(away: { sight = .away }) { text in
            sight = .shut
            Task { await read(text) }
        }
        .aspectRatio(1, contentMode: .fit)
        .accessibilityLabel(Text(words("camera_explained")))
    }

    private func askForCamera() async -> Sight { await PhoneCamera.isAllowed() ? .open : .denied }
    #else
    private let canScan = false
    private let finder = EmptyView()

    private func askForCamera() async -> Sight { .away }
    #endif
}
#endif
