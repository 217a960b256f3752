import Szid

/// The open wallet, and a model for each screen.
@MainActor public final class Opened {
    public let unlocks: Unlocks
    public let code: CodeModel
    public let number: NumberModel
    public let venue: VenueModel
    public let enrol: EnrolModel
    public let asked: AskedModel
    public let uses: UsesModel
    public let events: EventsModel
    public let newPhones: NewPhonesModel
    public let name: NameModel
    public let phones: PhonesModel
    public let pin: PinModel
    public let unlock: UnlockModel
    public let finger: FingerModel

    let wallet: Wallet

    init(_ wallet: Wallet, _ finger: any Finger) {
        self.wallet = wallet
        unlocks = Unlocks(wallet, finger)
        code = CodeModel(wallet, unlocks)
        number = NumberModel(wallet, unlocks)
        venue = VenueModel(wallet, unlocks)
        enrol = EnrolModel(wallet)
        asked = AskedModel(wallet, unlocks)
        uses = UsesModel(wallet)
        events = EventsModel(wallet)
        newPhones = NewPhonesModel(wallet, unlocks)
        name = NameModel(wallet)
        phones = PhonesModel(wallet, unlocks)
        pin = PinModel(wallet, unlocks)
        unlock = UnlockModel(unlocks)
        self.finger = FingerModel(unlocks)
    }

    /// The app comes in sight.
    func comeInSight() async {
        // The holder may have been in the phone's settings.
        await unlocks.look()
        await refresh()
        await events.look()
        await newPhones.look()
    }

    /// Passes for the coming days, where it is time for them, and the time, where it is in doubt. What goes
    /// wrong is tried the next time.
    func refresh() async {
        do {
            let due = try await aside { [wallet] in
                let status = try wallet.status()
                return status.refreshDue || status.timeInDoubt
            }
            if due { _ = try await wallet.refresh() }
        } catch {
            // A freeze, or an ended device, is in the status from then on, and said beside the code.
        }
    }
}
