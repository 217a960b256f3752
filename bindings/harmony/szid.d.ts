// What a native module of the core would give a HarmonyOS app, as far as a page of the code calls it. No such module is made
// yet (docs/mobile/harmony.md): nothing stands behind these declarations, and they follow those for Kotlin.
// Numbers of 64 bits that are seconds fit into a number of JavaScript's.

declare module 'szid' {
  /** What the holder does about a fault, in both languages. A call that fails throws an Error with it. */
  export interface Advice {
    code: string;
    zh: string;
    en: string;
  }

  export class SzidError extends Error {
    readonly advice: Advice;
  }

  /** A drawing, row by row, a bit for each module, the highest first; each row begins with a byte. */
  export interface QrBits {
    side: number;
    bits: Uint8Array;
  }

  export interface CitizenCode {
    bits: QrBits;
    /** Unix seconds. */
    madeAt: number;
    /** Seconds that it is good for, and after which another one is drawn. */
    secondsLeft: number;
    redrawIn: number;
    accessibilityLabelZh: string;
    accessibilityLabelEn: string;
  }

  export interface WalletStatus {
    enrolled: boolean;
    /** The ends of the days for which there are passes, Unix seconds. */
    days: number[];
  }

  /** That the app is open, or that the holder has just shown more. */
  export class Unlocking {
    tier(): number;
  }

  export class Wallet {
    appOpened(): Unlocking;
    /** It signs in the key store, which takes its time: a thread of the module's waits for it. */
    code(unlocking: Unlocking): Promise<CitizenCode>;
    status(): Promise<WalletStatus>;
    lock(): void;
  }

  /** The wallet of this process, opened once; its folder, keys and root key are the native module's and the app's. */
  export function openWallet(folder: string): Promise<Wallet>;
}
