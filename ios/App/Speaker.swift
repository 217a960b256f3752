#if canImport(SwiftUI)
import SwiftUI

#if canImport(AVFAudio)
import AVFAudio
#endif

/// Says something aloud, by the phone's own voice in the language of the app. Nothing is shown where the
/// phone has none.
struct ReadAloud: View {
    let text: String
    @State private var speaker = Speaker()

    var body: some View {
        if speaker.canSpeak {
            Other(text: words("read_aloud")) { speaker.say(text) }
        }
    }
}

#if canImport(AVFAudio)
@MainActor private final class Speaker {
    private let voice = AVSpeechSynthesizer()

    /// The voice of the language in which the app speaks.
    private var ofLanguage: AVSpeechSynthesisVoice? {
        switch Bundle.main.preferredLocalizations.first {
        case "zh-Hans": AVSpeechSynthesisVoice(language: "zh-CN")
        case "zh-Hant": AVSpeechSynthesisVoice(language: "zh-TW")
        case let other: AVSpeechSynthesisVoice(language: other ?? "zh-CN")
        }
    }

    var canSpeak: Bool { ofLanguage != nil }

    func say(_ text: String) {
        let said = AVSpeechUtterance(string: text)
        said.voice = ofLanguage
        voice.stopSpeaking(at: .immediate)
        voice.speak(said)
    }
}
#else
@MainActor private final class Speaker {
    let canSpeak = false
    func say(_ text: String) {}
}
#endif
#endif
