// Not run here. The generated code, and what is written by hand around it. First, in the repository's folder:
//   cargo xtask generate kotlin target/android-app/generated target/android-app/native
//   cargo xtask android                     with cargo-ndk and ANDROID_NDK_HOME: the libraries for phones, target/android
plugins {
    id("com.android.library")
}

android {
    namespace = "szid"
    compileSdk = 37
    defaultConfig {
        minSdk = 26
        consumerProguardFiles("../../bindings/kotlin/r8-rules.pro")
    }
    sourceSets["main"].kotlin.srcDirs("../../target/android-app/generated", "../../bindings/kotlin/src/main/kotlin")
    sourceSets["main"].jniLibs.srcDir("../../target/android")
}

kotlin { jvmToolchain(17) }

dependencies {
    api("net.java.dev.jna:jna:5.19.1@aar")
    api("org.jetbrains.kotlinx:kotlinx-coroutines-android:1.11.0")
}
