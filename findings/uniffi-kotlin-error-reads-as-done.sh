#!/usr/bin/env bash
# uniffi 0.32.2, JNA 5.19.1, Kotlin 2.4.21: a callback that throws a java.lang.Error reads as success in Rust.
#
# The generated Kotlin catches Exception around a foreign trait's method and tells Rust; an Error, such as TODO() throws, goes
# past it into JNA, which prints it and returns. The status that Rust looks at is then the zero that it began with, which
# means success: Ok(()) for a method without a value, and `false` for one that answers a bool. An Exception arrives as the
# trait's error.
#
# What the bindings do about it: a port's method that has nothing to tell answers `true`, and anything else is a failure
# (bindings/ffi/src/ports.rs; bindings/kotlin/src/test/kotlin/HostilePortsTest.kt).
#
# Needs cargo, a JDK of 17 or newer and Maven. Expected output:
#   nothing, exception: failed
#   nothing, error: done
#   bool, exception: failed
#   bool, error: done, false
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir -p "$place/src/bin" "$place/kotlin"
cat >"$place/Cargo.toml" <<'TOML'
[package]
name = "border"
version = "0.0.0"
edition = "2024"

[lib]
crate-type = ["lib", "cdylib"]

[dependencies]
uniffi = { version = "=0.32.2", features = ["cli"] }
thiserror = "2"
TOML
cat >"$place/src/lib.rs" <<'RUST'
use std::sync::Arc;

#[derive(Debug, thiserror::Error, uniffi::Error)]
pub enum Failure {
    #[error("failed")]
    Failed,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for Failure {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed
    }
}

#[uniffi::export(foreign)]
pub trait Port: Send + Sync {
    fn nothing(&self) -> Result<(), Failure>;
    fn answer(&self) -> Result<bool, Failure>;
}

#[uniffi::export]
pub fn ask_nothing(port: Arc<dyn Port>) -> String {
    port.nothing().map_or("failed", |()| "done").to_owned()
}

#[uniffi::export]
pub fn ask_bool(port: Arc<dyn Port>) -> String {
    port.answer().map_or("failed".to_owned(), |answer| format!("done, {answer}"))
}

uniffi::setup_scaffolding!("border");
RUST
cat >"$place/src/bin/generate.rs" <<'RUST'
fn main() {
    uniffi::uniffi_bindgen_main();
}
RUST
cat >"$place/kotlin/Main.kt" <<'KOTLIN'
import uniffi.border.Port
import uniffi.border.askBool
import uniffi.border.askNothing

class Throws(private val what: () -> Throwable) : Port {
    override fun nothing() { throw what() }
    override fun answer(): Boolean = throw what()
}

fun main() {
    val exception = Throws { IllegalStateException() }
    val error = Throws { NotImplementedError() }
    println("nothing, exception: ${askNothing(exception)}")
    println("nothing, error: ${askNothing(error)}")
    println("bool, exception: ${askBool(exception)}")
    println("bool, error: ${askBool(error)}")
}
KOTLIN
cat >"$place/pom.xml" <<'XML'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>border</groupId><artifactId>border</artifactId><version>0</version>
  <properties>
    <project.build.sourceEncoding>UTF-8</project.build.sourceEncoding>
    <kotlin.compiler.jvmTarget>17</kotlin.compiler.jvmTarget>
  </properties>
  <dependencies>
    <dependency><groupId>org.jetbrains.kotlin</groupId><artifactId>kotlin-stdlib</artifactId><version>2.4.21</version></dependency>
    <dependency><groupId>net.java.dev.jna</groupId><artifactId>jna</artifactId><version>5.19.1</version></dependency>
  </dependencies>
  <build>
    <sourceDirectory>kotlin</sourceDirectory>
    <plugins>
      <plugin>
        <groupId>org.jetbrains.kotlin</groupId><artifactId>kotlin-maven-plugin</artifactId><version>2.4.21</version>
        <executions><execution><phase>compile</phase><goals><goal>compile</goal></goals></execution></executions>
      </plugin>
      <plugin>
        <groupId>org.apache.maven.plugins</groupId><artifactId>maven-dependency-plugin</artifactId><version>3.8.1</version>
        <executions><execution><phase>compile</phase><goals><goal>build-classpath</goal></goals>
          <configuration><outputFile>classpath</outputFile></configuration></execution></executions>
      </plugin>
    </plugins>
  </build>
</project>
XML
cd "$place"
mkdir .mvn
echo '--add-opens=java.base/java.lang=ALL-UNNAMED --add-opens=java.base/java.io=ALL-UNNAMED' >.mvn/jvm.config
export CARGO_TARGET_DIR="$place/cargo-target"
cargo build --quiet
"$CARGO_TARGET_DIR/debug/generate" generate "$CARGO_TARGET_DIR/debug/libborder.so" --language kotlin --out-dir kotlin --no-format
mvn -B -q compile
output=$(java -cp "target/classes:$(cat classpath)" -Djna.library.path="$CARGO_TARGET_DIR/debug" MainKt 2>/dev/null)
printf '%s\n' "$output"
expected="nothing, exception: failed
nothing, error: done
bool, exception: failed
bool, error: done, false"
[ "$output" = "$expected" ] || { echo "this has changed" >&2; exit 1; }
