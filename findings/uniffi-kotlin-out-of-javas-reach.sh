#!/usr/bin/env bash
# uniffi 0.32.2, Kotlin 2.4.21: much of the generated Kotlin cannot be called, or implemented, from Java.
#
# Rust's unsigned numbers become Kotlin's UByte to ULong, which are value classes: Kotlin adds a hash to the JVM name of every
# function that takes or returns one, and the name then holds a '-', which Java cannot write. So an optional u16 among a
# method's arguments hides the method, and a u8 in a record its getter. And the generated errors are checked exceptions to Java
# while the methods of foreign traits declare none, so a port in Java cannot end with the error that is made for it.
#
# What the bindings do about it: Java gets a class of its own with signed numbers and a port that may throw
# (bindings/kotlin/src/main/kotlin/VenueVerifier.kt; the example VenueDoor.java beside it is run by a test).
#
# Needs cargo, a JDK of 17 or newer and Maven. Expected output:
#   signed argument: compiles
#   unsigned argument: cannot find symbol
#   optional unsigned argument: cannot find symbol
#   getter of text: compiles
#   getter of an unsigned number: cannot find symbol
#   port that throws its error: cannot implement
set -euo pipefail

place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
mkdir -p "$place/src/bin" "$place/kotlin" "$place/.mvn"
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
pub enum FetchError {
    #[error("away")]
    Away,
}

impl From<uniffi::UnexpectedUniFFICallbackError> for FetchError {
    fn from(_: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Away
    }
}

#[uniffi::export(foreign)]
pub trait Source: Send + Sync {
    fn fetch(&self, path: String) -> Result<String, FetchError>;
}

#[derive(uniffi::Record)]
pub struct Verdict {
    pub reason: String,
    pub level: u8,
}

#[derive(uniffi::Object)]
pub struct Desk;

#[uniffi::export]
impl Desk {
    #[uniffi::constructor]
    pub fn new() -> Arc<Self> {
        Arc::new(Self)
    }

    pub fn signed(&self, scene: i32) -> Verdict {
        Verdict { reason: scene.to_string(), level: 1 }
    }

    pub fn unsigned(&self, scene: u16) -> String {
        scene.to_string()
    }

    pub fn optional(&self, scene: Option<u16>) -> String {
        format!("{scene:?}")
    }

    pub fn ask(&self, source: Arc<dyn Source>) -> String {
        source.fetch("/".to_owned()).unwrap_or_default()
    }
}

uniffi::setup_scaffolding!("border");
RUST
cat >"$place/src/bin/generate.rs" <<'RUST'
fn main() {
    uniffi::uniffi_bindgen_main();
}
RUST
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
echo '--add-opens=java.base/java.lang=ALL-UNNAMED --add-opens=java.base/java.io=ALL-UNNAMED' >.mvn/jvm.config
export CARGO_TARGET_DIR="$place/cargo-target"
cargo build --quiet
"$CARGO_TARGET_DIR/debug/generate" generate "$CARGO_TARGET_DIR/debug/libborder.so" --language kotlin --out-dir kotlin --no-format
mvn -B -q compile

# Compiles a Java class around the given member, and says what the compiler says of it.
try() {
    mkdir -p java && printf 'import uniffi.border.*;\npublic class Try {\n%s\n}\n' "$2" >java/Try.java
    local said
    if said=$(javac -cp "target/classes:$(cat classpath)" -d java java/Try.java 2>&1); then
        echo "$1: compiles"
    else
        echo "$1: $(grep -om1 'cannot find symbol\|cannot implement' <<<"$said" || echo "$said")"
    fi
}
output=$(
    try "signed argument" 'Object call(Desk desk) { return desk.signed(3); }'
    try "unsigned argument" 'Object call(Desk desk) { return desk.unsigned((short) 3); }'
    try "optional unsigned argument" 'Object call(Desk desk) { return desk.optional(null); }'
    try "getter of text" 'Object call(Verdict verdict) { return verdict.getReason(); }'
    try "getter of an unsigned number" 'Object call(Verdict verdict) { return verdict.getLevel(); }'
    try "port that throws its error" 'static class Port implements Source {
        public String fetch(String path) throws FetchException { throw new FetchException.Away(); } }'
)
printf '%s\n' "$output"
expected="signed argument: compiles
unsigned argument: cannot find symbol
optional unsigned argument: cannot find symbol
getter of text: compiles
getter of an unsigned number: cannot find symbol
port that throws its error: cannot implement"
[ "$output" = "$expected" ] || { echo "this has changed" >&2; exit 1; }
