// For app teams, with Gradle, Android's plugin and an SDK. Not run here: build-without-sdk builds the same sources.
pluginManagement { repositories { google(); mavenCentral(); gradlePluginPortal() } }
dependencyResolutionManagement { repositories { google(); mavenCentral() } }
rootProject.name = "ishenzhen"
include(":bindings", ":sdk", ":app")
