class TallyCli < Formula
  desc "Count lines, words and characters"
  homepage "https://github.com/acme/tally"
  version "1.2.3"
  license any_of: [
    "MIT",
    { all_of: [
      { "Apache-2.0" => { with: "LLVM-exception" } },
      "BSD-3-Clause",
    ] },
  ]

  livecheck do
    url "https://github.com/acme/tally.git"
    regex(%r{^tally/v(\d+(?:\.\d+)+)$}i)
  end

  depends_on "acme/tap/lines"
  depends_on :macos
  depends_on "openssl@3"

  on_macos do
    on_arm do
      url "https://example.org/tally-universal-apple-darwin.tar.gz"
      sha256 "e37a163de9ec8abc9aefb4f8a8b27f710986192b13fc87b95d5d55754d2306ca"
    end
    on_intel do
      url "https://example.org/tally-universal-apple-darwin.tar.gz"
      sha256 "e37a163de9ec8abc9aefb4f8a8b27f710986192b13fc87b95d5d55754d2306ca"
    end
  end

  conflicts_with "tally-top", because: "both install a `tally-top`"

  def install
    bin.install "tally"
    bin.install "tally-top"
    bash_completion.install "completions/tally.bash" => "tally"
    zsh_completion.install "completions/_tally"
    fish_completion.install "completions/tally.fish"
    man1.install "man/tally.1"
  end

  def caveats
    <<~EOS
      Say "\#{hello}" to it:

        tally init
    EOS
  end

  service do
    run [opt_bin/"tally", "--serve", "\#{port}"]
    keep_alive true
    require_root true
    working_dir var/"tally"
    log_path var/"log/tally.log"
    error_log_path var/"log/tally.err"
    environment_variables TALLY_MODE: "server", TZ: "UTC"
  end

  test do
    assert_match version.to_s, shell_output("#{bin/"tally"} --version")
    assert_match version.to_s, shell_output("#{bin/"tally-top"} --version")
  end
end
