#if canImport(UIKit) && canImport(AVFoundation) && canImport(SwiftUI)
@preconcurrency import AVFoundation
import SwiftUI
import UIKit

/// What the back camera sees, until it has read a QR code. No picture is kept: iOS reads the code, and hands
/// on its text.
struct PhoneCamera: UIViewRepresentable {
    /// There is no camera, or another app has it.
    let away: @MainActor () -> Void
    let read: @MainActor (String) -> Void

    /// Asks the holder once; the system remembers the answer.
    static func isAllowed() async -> Bool { await AVCaptureDevice.requestAccess(for: .video) }

    func makeCoordinator() -> Reader { Reader(away: away, read: read) }

    func makeUIView(context: Context) -> FinderView {
        let view = FinderView()
        view.picture.session = context.coordinator.session
        view.picture.videoGravity = .resizeAspectFill
        context.coordinator.begin()
        return view
    }

    func updateUIView(_ view: FinderView, context: Context) {}

    static func dismantleUIView(_ view: FinderView, coordinator: Reader) { coordinator.end() }
}

/// A view whose layer is the camera's picture.
final class FinderView: UIView {
    override static var layerClass: AnyClass { AVCaptureVideoPreviewLayer.self }

    var picture: AVCaptureVideoPreviewLayer {
        // Of just this class, which is named above.
        layer as! AVCaptureVideoPreviewLayer
    }
}

/// Hands on the first text that is read, and no other.
@MainActor final class Reader: NSObject, @preconcurrency AVCaptureMetadataOutputObjectsDelegate {
    let session = AVCaptureSession()
    private let away: @MainActor () -> Void
    private let read: @MainActor (String) -> Void
    /// Starting and stopping wait for the camera.
    private let queue = DispatchQueue(label: "camera")
    private var isDone = false
    /// Longer than any offer and any venue's code.
    private static let longest = 4_096

    init(away: @escaping @MainActor () -> Void, read: @escaping @MainActor (String) -> Void) {
        (self.away, self.read) = (away, read)
    }

    func begin() {
        let output = AVCaptureMetadataOutput()
        guard let camera = AVCaptureDevice.default(for: .video), let input = try? AVCaptureDeviceInput(device: camera),
            session.canAddInput(input), session.canAddOutput(output)
        else {
            // A view that is being made changes nothing yet.
            Task { away() }
            return
        }
        session.addInput(input)
        session.addOutput(output)
        guard output.availableMetadataObjectTypes.contains(.qr) else {
            Task { away() }
            return
        }
        output.metadataObjectTypes = [.qr]
        output.setMetadataObjectsDelegate(self, queue: .main)
        let fault = AVCaptureSession.runtimeErrorNotification
        NotificationCenter.default.addObserver(self, selector: #selector(stopped), name: fault, object: session)
        let session = session
        queue.async { session.startRunning() }
    }

    func end() {
        isDone = true
        NotificationCenter.default.removeObserver(self)
        let session = session
        queue.async { session.stopRunning() }
    }

    @objc nonisolated private func stopped() {
        Task { @MainActor in
            if !isDone { away() }
        }
    }

    func metadataOutput(
        _ output: AVCaptureMetadataOutput, didOutput objects: [AVMetadataObject], from connection: AVCaptureConnection
    ) {
        let codes = objects.compactMap { ($0 as? AVMetadataMachineReadableCodeObject)?.stringValue }
        guard !isDone, let text = codes.first(where: { $0.utf8.count <= Self.longest }) else { return }
        isDone = true
        read(text)
    }
}
#endif
