class Tally < Formula
  desc "Count lines, words and characters"
  homepage "https://github.com/acme/tally"
  license any_of: ["MIT", "Apache-2.0"]

  livecheck do
    url :stable
    strategy :github_latest
  end

  on_macos do
    on_arm do
      url "https://github.com/acme/tally/releases/download/v1.2.3/tally-aarch64-apple-darwin-v1.2.3.tar.gz"
      sha256 "4d2c5610d307c85dcc9fd2dca8fd2d11634050fd89009ea7b882f79fdf150dc5"
    end
  end

  on_linux do
    on_arm do
      url "https://github.com/acme/tally/releases/download/v1.2.3/tally-aarch64-unknown-linux-musl-v1.2.3.tar.gz"
      sha256 "7e4ff36b0cc9737f3be1a0771158c31a70efda14eba64f64cb013da216052123"
    end
    on_intel do
      url "https://github.com/acme/tally/releases/download/v1.2.3/tally-x86_64-unknown-linux-musl-v1.2.3.tar.gz"
      sha256 "6f3525d4f917b63e97c328aef6d516bc2a7346a9ec5c75d85e8b7abbed94c190"
    end
  end

  def install
    bin.install "tally"
    bin.install "tally-top"
    bash_completion.install "completions/tally.bash" => "tally"
    zsh_completion.install "completions/_tally"
    fish_completion.install "completions/tally.fish"
    man1.install "man/tally.1"
  end

  test do
    assert_match version.to_s, shell_output("#{bin/"tally"} --version")
    assert_match version.to_s, shell_output("#{bin/"tally-top"} --version")
  end
end
