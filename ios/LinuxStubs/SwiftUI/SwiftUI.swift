// A stand-in where there is no SwiftUI: as many declarations as the app's views call, so that a compiler
// reads them. It draws nothing, is never shipped, and that Apple's own are declared so is not shown by it.
@_exported import Foundation
@_exported import Observation

@MainActor @preconcurrency public protocol View {
    associatedtype Body: View
    @ViewBuilder @MainActor @preconcurrency var body: Body { get }
}

extension Never: View {
    public var body: Never { fatalError() }
}

/// What has no body of its own.
public protocol Leaf: View where Body == Never {}

extension Leaf {
    public var body: Never { fatalError() }
}

@MainActor @resultBuilder public enum ViewBuilder {
    public static func buildBlock() -> EmptyView { EmptyView() }
    public static func buildBlock<C: View>(_ content: C) -> C { content }
    public static func buildBlock<each C: View>(_ content: repeat each C) -> TupleView<(repeat each C)> { TupleView() }
    public static func buildExpression<C: View>(_ content: C) -> C { content }
    public static func buildIf<C: View>(_ content: C?) -> C? { content }
    public static func buildEither<A: View, B: View>(first: A) -> Either<A, B> { Either() }
    public static func buildEither<A: View, B: View>(second: B) -> Either<A, B> { Either() }
}

public struct EmptyView: Leaf {
    public nonisolated init() {}
}
public struct TupleView<T>: Leaf {}
public struct Either<A, B>: Leaf {}
extension Optional: View where Wrapped: View {
    public var body: Never { fatalError() }
}
extension Optional: Leaf where Wrapped: View {}

// Values.

public enum ScenePhase: Sendable { case background, inactive, active }
public enum HorizontalAlignment: Sendable { case leading, center }
public enum Alignment: Sendable { case leading, center }
public enum ContentMode: Sendable { case fit, fill }
public enum AccessibilityChildBehavior: Sendable { case combine, ignore }
public enum DynamicTypeSize: Int, Comparable, Sendable {
    case xSmall, large, accessibility1
    public static func < (one: Self, other: Self) -> Bool { one.rawValue < other.rawValue }
}
public struct SharePreview: Sendable {
    public init(_ title: String) {}
}
public struct ShareLink<Label: View>: Leaf {
    public init(item: Data, preview: SharePreview, @ViewBuilder label: () -> Label) {}
}
public struct DismissAction: Sendable {
    @MainActor public func callAsFunction() {}
}
public struct OpenURLAction: Sendable {
    @MainActor public func callAsFunction(_ url: URL) {}
}
public enum UIKeyboardType: Sendable { case numberPad, URL }

public struct Font: Sendable {
    public static let largeTitle = Font(), title2 = Font(), title3 = Font(), headline = Font(), subheadline = Font(), body = Font(), caption = Font()
}
public struct AccessibilityTraits: Sendable {
    public static let isHeader = AccessibilityTraits()
}
public protocol ShapeStyle: Sendable {}
public struct HierarchicalShapeStyle: ShapeStyle {}
extension ShapeStyle where Self == HierarchicalShapeStyle {
    public static var secondary: HierarchicalShapeStyle { HierarchicalShapeStyle() }
}
public struct Color: ShapeStyle, Leaf {
    public static let black = Color(), white = Color(), accentColor = Color()
}

public struct EnvironmentValues {
    public var displayScale: CGFloat { 1 }
    public var dismiss: DismissAction { DismissAction() }
    public var isSceneCaptured: Bool { false }
    public var openURL: OpenURLAction { OpenURLAction() }
    public var scenePhase: ScenePhase { .active }
}

@propertyWrapper public struct Environment<Value> {
    private let path: KeyPath<EnvironmentValues, Value>
    public init(_ path: KeyPath<EnvironmentValues, Value>) { self.path = path }
    public var wrappedValue: Value { EnvironmentValues()[keyPath: path] }
}

@propertyWrapper public struct State<Value> {
    private final class Kept {
        var value: Value
        init(_ value: Value) { self.value = value }
    }
    private let kept: Kept
    public init(wrappedValue: Value) { kept = Kept(wrappedValue) }
    public var wrappedValue: Value {
        get { kept.value }
        nonmutating set { kept.value = newValue }
    }
    public var projectedValue: Binding<Value> {
        let kept = kept
        return Binding(get: { kept.value }, set: { kept.value = $0 })
    }
}

@propertyWrapper public struct AppStorage<Value> {
    private let state: State<Value>
    public init(wrappedValue: Value, _ key: String) where Value == Bool { state = State(wrappedValue: wrappedValue) }
    public var wrappedValue: Value {
        get { state.wrappedValue }
        nonmutating set { state.wrappedValue = newValue }
    }
}

@propertyWrapper public struct Binding<Value> {
    private let get: () -> Value
    private let set: (Value) -> Void
    public init(get: @escaping () -> Value, set: @escaping (Value) -> Void) { (self.get, self.set) = (get, set) }
    public var wrappedValue: Value {
        get { get() }
        nonmutating set { set(newValue) }
    }
    public var projectedValue: Binding<Value> { self }
}

@dynamicMemberLookup @propertyWrapper public struct Bindable<Value: AnyObject & Observable> {
    public var wrappedValue: Value
    public init(wrappedValue: Value) { self.wrappedValue = wrappedValue }
    public var projectedValue: Bindable<Value> { self }
    public subscript<Part>(dynamicMember path: ReferenceWritableKeyPath<Value, Part>) -> Binding<Part> {
        let value = wrappedValue
        return Binding(get: { value[keyPath: path] }, set: { value[keyPath: path] = $0 })
    }
}

// Views.

public struct Text: Leaf {
    public init(_ text: String) {}
}
public struct TextField: Leaf {
    public init(_ title: String, text: Binding<String>) {}
}
public struct SecureField: Leaf {
    public init(_ title: String, text: Binding<String>) {}
}
public struct ProgressView: Leaf {
    public init() {}
    public init(value: Double?, total: Double = 1) {}
}
public struct Button<Label: View>: Leaf {
    public init(action: @escaping @MainActor () -> Void, @ViewBuilder label: () -> Label) {}
}
public struct PasteButton: Leaf {
    public init(payloadType: String.Type, onPaste: @escaping ([String]) -> Void) {}
}
public struct Label: Leaf {
    public init(_ title: String, systemImage: String) {}
}
public struct Divider: Leaf {
    public init() {}
}
public struct NavigationStack<Content: View>: Leaf {
    public init(@ViewBuilder root: () -> Content) {}
}
public struct NavigationLink<Target: View, Text: View>: Leaf {
    public init(@ViewBuilder destination: () -> Target, @ViewBuilder label: () -> Text) {}
}
public struct TabView<Choice: Hashable, Content: View>: Leaf {
    public init(selection: Binding<Choice>?, @ViewBuilder content: () -> Content) {}
}
public struct Picker<Choice: Hashable, Content: View>: Leaf {
    public init(_ title: String, selection: Binding<Choice>, @ViewBuilder content: () -> Content) {}
}
public struct ForEach<Each: RandomAccessCollection, Content: View>: Leaf where Each.Element: Identifiable {
    public init(_ each: Each, @ViewBuilder content: @escaping (Each.Element) -> Content) {}
}
public struct HStack<Content: View>: Leaf {
    public init(spacing: CGFloat? = nil, @ViewBuilder content: () -> Content) {}
}
public struct VStack<Content: View>: Leaf {
    public init(
        alignment: HorizontalAlignment = .center, spacing: CGFloat? = nil, @ViewBuilder content: () -> Content
    ) {}
}
public struct ScrollView<Content: View>: Leaf {
    public init(@ViewBuilder content: () -> Content) {}
}

public struct Path: Sendable {
    public init() {}
    public mutating func addRect(_ rect: CGRect) {}
}
public protocol Shape: Sendable, View {
    nonisolated func path(in rect: CGRect) -> Path
}
extension Shape {
    public var body: EmptyView { EmptyView() }
    public func fill(_ style: some ShapeStyle) -> some View { EmptyView() }
}

public struct Circle: Shape {
    public init() {}
    public nonisolated func path(in rect: CGRect) -> Path { Path() }
}
extension Shape {
    public func trim(from: CGFloat, to: CGFloat) -> some Shape { self }
    public func stroke(_ style: some ShapeStyle, lineWidth: CGFloat) -> some View { EmptyView() }
}

@MainActor public protocol ViewModifier {
    associatedtype Body: View
    typealias Content = EmptyView
    @ViewBuilder func body(content: Content) -> Body
}

@MainActor public protocol Gesture {}
public struct TapGesture: Gesture {
    public init() {}
    public func onEnded(_ act: @escaping @MainActor () -> Void) -> some Gesture { self }
}

@MainActor public protocol PrimitiveButtonStyle {}
public struct BorderedButtonStyle: PrimitiveButtonStyle {}
public struct BorderedProminentButtonStyle: PrimitiveButtonStyle {}
extension PrimitiveButtonStyle where Self == BorderedButtonStyle {
    public static var bordered: Self { Self() }
}
extension PrimitiveButtonStyle where Self == BorderedProminentButtonStyle {
    public static var borderedProminent: Self { Self() }
}
@MainActor public protocol PickerStyle {}
public struct MenuPickerStyle: PickerStyle {}
extension PickerStyle where Self == MenuPickerStyle {
    public static var menu: Self { Self() }
}
@MainActor public protocol TextFieldStyle {}
public struct RoundedBorderTextFieldStyle: TextFieldStyle {}
extension TextFieldStyle where Self == RoundedBorderTextFieldStyle {
    public static var roundedBorder: Self { Self() }
}

extension View {
    public func accessibilityAddTraits(_ traits: AccessibilityTraits) -> some View { self }
    public func accessibilityElement(children: AccessibilityChildBehavior) -> some View { self }
    public func accessibilityHidden(_ hidden: Bool) -> some View { self }
    public func accessibilityLabel(_ label: Text) -> some View { self }
    public func aspectRatio(_ ratio: CGFloat?, contentMode: ContentMode) -> some View { self }
    public func background(_ style: some ShapeStyle) -> some View { self }
    public func buttonStyle(_ style: some PrimitiveButtonStyle) -> some View { self }
    public func disabled(_ disabled: Bool) -> some View { self }
    public func dynamicTypeSize(_ range: PartialRangeFrom<DynamicTypeSize>) -> some View { self }
    public func font(_ font: Font?) -> some View { self }
    public func foregroundStyle(_ style: some ShapeStyle) -> some View { self }
    public func frame(width: CGFloat? = nil, height: CGFloat? = nil) -> some View { self }
    public func frame(maxWidth: CGFloat? = nil, minHeight: CGFloat? = nil, alignment: Alignment = .center) -> some View { self }
    public func keyboardType(_ type: UIKeyboardType) -> some View { self }
    public func modifier(_ modifier: some ViewModifier) -> some View { self }
    public func onAppear(perform act: (() -> Void)? = nil) -> some View { self }
    public func onDisappear(perform act: (() -> Void)? = nil) -> some View { self }
    public func onChange<V: Equatable>(of value: V, initial: Bool = false, _ act: @escaping () -> Void) -> some View { self }
    public func onOpenURL(perform act: @escaping (URL) -> Void) -> some View { self }
    public func ignoresSafeArea() -> some View { self }
    public func overlay<V: View>(@ViewBuilder content: () -> V) -> some View { self }
    public func pickerStyle(_ style: some PickerStyle) -> some View { self }
    public func tabItem<V: View>(@ViewBuilder _ label: () -> V) -> some View { self }
    public func tag<V: Hashable>(_ tag: V) -> some View { self }
    public func padding() -> some View { self }
    public func simultaneousGesture(_ gesture: some Gesture) -> some View { self }
    public func task(_ act: @escaping @MainActor @Sendable () async -> Void) -> some View { self }
    public func task<ID: Equatable>(id: ID, _ act: @escaping @MainActor @Sendable () async -> Void) -> some View { self }
    public func textFieldStyle(_ style: some TextFieldStyle) -> some View { self }
}
