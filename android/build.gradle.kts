// Not run here. Versions as in libs.txt.
plugins {
    id("com.android.application") version "8.13.2" apply false
    id("com.android.library") version "8.13.2" apply false
    kotlin("android") version "2.4.21" apply false
    kotlin("plugin.compose") version "2.4.21" apply false
}
