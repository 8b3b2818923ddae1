# A small double of Homebrew's formula DSL: loads a formula as one platform sees it, and prints what it says as JSON.
# Usage: ruby formula_double.rb FORMULA.rb (macos|linux) (arm|intel)
require "json"

PLATFORM = ARGV[1, 2]

class Formula
  SEEN = { "strings" => {}, "dependencies" => [] }

  class << self
    %w[desc homepage license version url sha256].each do |word|
      define_method(word) { |value| SEEN["strings"][word] = value }
    end
    { "macos" => 0, "linux" => 0, "arm" => 1, "intel" => 1 }.each do |name, place|
      define_method("on_#{name}") { |&block| block.call if PLATFORM[place] == name }
    end

    def test(&block) = SEEN["test"] = !block.nil?
    def inherited(subclass) = SEEN["class"] = subclass
  end

  # Where things are installed: everything that is asked of it is recorded.
  class Place
    attr_reader :installed

    def initialize = @installed = []
    def install(what) = @installed << what
  end

  %w[bin bash_completion zsh_completion fish_completion man1].each do |name|
    define_method(name) { (@places ||= Hash.new { |all, key| all[key] = Place.new })[name] }
  end

  def installed
    install
    (@places || {}).transform_values(&:installed)
  end
end

load ARGV[0]
seen = Formula::SEEN
seen["installed"] = seen["class"].new.installed
puts JSON.generate(seen.merge("class" => seen["class"].to_s))
