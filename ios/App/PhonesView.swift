#if canImport(SwiftUI)
import IShenzhenModels
import SwiftUI
import Szid

/// The holder's phones; a lost one is ended here, or everything is frozen.
struct PhonesView: View {
    let model: PhonesModel

    var body: some View {
        stage
            .task { await model.load() }
            // Whoever comes back later has not chosen anything yet.
            .onDisappear { model.choose(nil) }
    }

    @ViewBuilder private var stage: some View {
        if let phone = model.ending {
            EndingView(phone: phone.details(), model: model)
        } else {
            Page(title: words("phones_title")) {
                if model.loading { ProgressView() }
                if let trouble = model.trouble {
                    Told(advice: trouble)
                    Other(text: words("try_again"), enabled: !model.loading) { await model.load() }
                }
                if model.account == .frozen { Text(words("frozen_now")).font(.headline) }
                switch model.others {
                case .ended: Text(words("others_ended"))
                case .suspended: Text(words("others_suspended"))
                case nil: EmptyView()
                }
                ForEach(model.list.map(Listed.init)) { one in
                    PhoneView(phone: one.phone.details()) { model.choose(one.phone) }
                }
                if model.account == .active { LostView(model: model) }
            }
        }
    }
}

/// A phone by its own id.
private struct Listed: Identifiable {
    let phone: Device
    var id: String { phone.details().id }
}

private struct PhoneView: View {
    let phone: DeviceDetails
    let end: @MainActor () -> Void

    var body: some View {
        VStack(alignment: .leading, spacing: 4) {
            Text(phone.name.isEmpty ? words("phone_unnamed") : phone.name).font(.headline)
            if phone.thisDevice { Text(words("this_phone")) }
            if let since = phone.createdAt { Text(words("phone_since", day(since))) }
            if !phone.thisDevice { Other(text: words("end_phone")) { end() } }
        }
    }
}

private struct EndingView: View {
    let phone: DeviceDetails
    let model: PhonesModel

    var body: some View {
        Page(title: words("end_phone")) {
            ByPin(
                why: words("end_explained", phone.name), trouble: model.trouble, act: words("end_now"), enabled: !model.loading,
                byPin: { await model.end(pin: $0) },
                byFinger: whereReady(model.byFingerReady) { await model.endByFinger() })
            Other(text: words("cancel")) { model.choose(nil) }
        }
    }
}

/// A loss, confirmed twice.
private struct LostView: View {
    let model: PhonesModel

    var body: some View {
        Text(words("lost_title")).font(.headline)
        Text(words("lost_explained"))
        Twice(
            ask: words("lost_report"), act: words("lost_now"), enabled: !model.loading,
            onAct: { await model.reportLost() },
            said: { Text(words("lost_sure")).font(.headline) })
    }
}
#endif
