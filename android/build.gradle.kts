// Not run here. Compose 1.12.1 asks for Android's plugin 9.1.0 and for compiling against API 37; from plugin 9 on it brings Kotlin.
plugins {
    id("com.android.application") version "9.5.1" apply false
    id("com.android.library") version "9.5.1" apply false
    kotlin("android") version "2.4.21" apply false
    kotlin("plugin.compose") version "2.4.21" apply false
}
