import Foundation
import Szid

/// A text of the app's, in the language of its user; with what stands in it, in order.
func words(_ key: String, _ parts: CVarArg...) -> String {
    String(format: NSLocalizedString(key, comment: ""), arguments: parts)
}

/// What the core says in two languages, in the one of this app.
func spoken(_ zh: String, _ en: String) -> String {
    Bundle.main.preferredLocalizations.first?.hasPrefix("zh") == true ? zh : en
}

/// Claims in words; one that this app does not know by its own name.
func claims(_ names: [String]) -> String {
    names.map { name in
        let (key, said) = ("claim_\(name)", words("claim_\(name)"))
        return said == key ? name : said
    }.joined(separator: words("list_comma"))
}

/// How long a venue may keep what it receives.
func keptFor(days: UInt32) -> String {
    switch days {
    case 0: words("kept_not")
    case 1: words("kept_day")
    default: words("kept_days", Int(days))
    }
}

/// The day that ends at this time, Unix seconds. Days are the city's, wherever the phone is.
func dayBefore(_ end: UInt64) -> String { written(end - 1, "MMMdEEE") }

/// The day of a time, Unix seconds.
func day(_ at: UInt64) -> String { written(at, "yMMMd") }

/// A time, Unix seconds.
func dayAndTime(_ at: UInt64) -> String { written(at, "MMMdHm") }

private func written(_ at: UInt64, _ parts: String) -> String {
    let format = DateFormatter()
    format.timeZone = TimeZone(identifier: "Asia/Shanghai")
    format.locale = Locale(identifier: Bundle.main.preferredLocalizations.first ?? "zh-Hans")
    format.setLocalizedDateFormatFromTemplate(parts)
    return format.string(from: Date(timeIntervalSince1970: TimeInterval(at)))
}
