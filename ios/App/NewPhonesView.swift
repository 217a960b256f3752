#if canImport(SwiftUI)
import IShenzhenModels
import SwiftUI
import Szid

/// A counter wants to give somebody a phone in the holder's name: only the holder knows whether that is them.
struct NewPhonesView: View {
    let model: NewPhonesModel

    var body: some View {
        stage
            // Whoever comes back later has not chosen anything yet.
            .onDisappear { model.choose(nil) }
    }

    @ViewBuilder private var stage: some View {
        if let question = model.approving {
            ApprovingView(details: question.details(), model: model)
        } else {
            Page(title: words("new_phones_title")) {
                if let trouble = model.trouble { Told(advice: trouble) }
                if model.asked.isEmpty { Text(words("new_phones_none")) }
                ForEach(model.asked.map(Listed.init)) { one in
                    QuestionView(question: one.question, model: model)
                }
            }
        }
    }
}

/// A question by its own id.
private struct Listed: Identifiable {
    let question: EnrolmentQuestion
    var id: String { question.details().id }
}

private struct QuestionView: View {
    let question: EnrolmentQuestion
    let model: NewPhonesModel

    var body: some View {
        let details = question.details()
        Text(words("new_phones_asked")).font(.headline)
        Text(meaning(of: details))
        Field(name: words("when_was_it"), value: dayAndTime(details.askedAt))
        Field(name: words("until"), value: dayAndTime(details.expiresAt))
        Text(words("new_phones_warning"))
        if details.approved {
            Text(words("new_phones_approved")).font(.headline)
            Other(text: words("take_back"), enabled: !model.working) { await model.refuse(question) }
        } else {
            Big(text: words("approve"), enabled: !model.working) { model.choose(question) }
            Other(text: words("refuse"), enabled: !model.working) { await model.refuse(question) }
        }
    }
}

private struct ApprovingView: View {
    let details: EnrolmentQuestionDetails
    let model: NewPhonesModel

    var body: some View {
        Page(title: words("new_phones_title")) {
            Text(meaning(of: details))
            ByPin(
                why: words("new_phones_pin"), trouble: model.trouble, act: words("approve"), enabled: !model.working,
                byPin: { await model.approve(pin: $0) },
                byFinger: whereReady(model.byFingerReady) { await model.approveByFinger() })
            Other(text: words("cancel")) { model.choose(nil) }
        }
    }
}

private func meaning(of details: EnrolmentQuestionDetails) -> String {
    words(details.devices == "adds" ? "new_phones_adds" : "new_phones_replaces")
}
#endif
