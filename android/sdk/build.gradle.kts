// Not run here.
plugins {
    id("com.android.library")
}

android {
    namespace = "ishenzhen.sdk"
    compileSdk = 37
    defaultConfig { minSdk = 26 }
}

kotlin { jvmToolchain(17) }

dependencies {
    api(project(":bindings"))
    implementation("androidx.activity:activity-ktx:1.12.4")
    implementation("androidx.annotation:annotation:1.9.1")
    implementation("com.google.zxing:core:3.5.4")
}
