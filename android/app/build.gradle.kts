// Not run here. An app team's src/release/res/values/city.xml lies over the one of src/main.
plugins {
    id("com.android.application")
    kotlin("plugin.compose")
}

android {
    namespace = "ishenzhen.app"
    compileSdk = 37
    defaultConfig {
        applicationId = "ishenzhen.app"
        minSdk = 26
        targetSdk = 35
        versionCode = 1
        versionName = "0.1.0"
    }
    buildTypes {
        release {
            isMinifyEnabled = true
            isShrinkResources = true
            proguardFiles(getDefaultProguardFile("proguard-android-optimize.txt"), "r8-rules.pro")
        }
    }
    buildFeatures { compose = true }
    androidResources { localeFilters += listOf("zh", "b+zh+Hant", "en") }
    testOptions { unitTests.isIncludeAndroidResources = true }
}

kotlin { jvmToolchain(17) }

dependencies {
    implementation(project(":sdk"))
    implementation("androidx.activity:activity-compose:1.12.4")
    implementation("androidx.compose.foundation:foundation:1.12.1")
    implementation("androidx.compose.material3:material3:1.4.0")
    implementation("androidx.lifecycle:lifecycle-runtime-compose:2.10.0")
    testImplementation("com.google.zxing:core:3.5.4")
    testImplementation("net.java.dev.jna:jna:5.19.1")
    testImplementation("junit:junit:4.13.2")
    testImplementation("org.robolectric:robolectric:4.17")
    testImplementation("androidx.compose.ui:ui-test-junit4:1.12.1")
    debugImplementation("androidx.compose.ui:ui-test-manifest:1.12.1")
}

// The tests run against the real core and service: cargo build --workspace --bins --examples, and cargo xtask generate. Those of clocks
// and of the main thread need a library that build-without-sdk builds and loads before all others.
tasks.withType<Test>().configureEach {
    maxHeapSize = "2g"
    jvmArgs("--add-opens=java.base/java.lang=ALL-UNNAMED", "--add-opens=java.base/java.util=ALL-UNNAMED", "--add-opens=java.base/java.io=ALL-UNNAMED")
    systemProperty("jna.library.path", rootDir.resolve("../target/android-app/native").path)
    systemProperty("szid.city", rootDir.resolve("../target/debug/examples/throw-away-city").path)
    systemProperty("szid.program", rootDir.resolve("../target/debug/szid").path)
    systemProperty("szid.pictures", layout.buildDirectory.dir("pictures").get().asFile.also { it.mkdirs() }.path)
    systemProperty("szid.sources", rootDir.path)
}
