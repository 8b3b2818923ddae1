# A small double of Homebrew's formula DSL: loads a formula as one platform sees it, and prints what it says as JSON.
# Usage: ruby formula_double.rb FORMULA.rb (macos|linux) (arm|intel)
require "json"

PLATFORM = ARGV[1, 2]

# A folder of Homebrew's: what is asked to be installed there is recorded, and `/` names what is below.
class Place
  attr_reader :installed

  def initialize(name)
    @name = name
    @installed = []
  end

  def install(what) = @installed << what
  def /(below) = "#{@name}/#{below}"
end

# A block whose every word is recorded with its arguments.
class Words < BasicObject
  attr_reader :said

  def initialize = @said = {}
  def opt_bin = ::Place.new("opt_bin")
  def var = ::Place.new("var")

  def method_missing(word, *values, **pairs)
    ::Kernel.raise ::ArgumentError, "#{word} twice" if @said.key?(word)

    values = values.map { |value| value.is_a?(::Regexp) ? value.inspect : value }
    @said[word] = pairs.empty? ? values : values + [pairs]
  end
end

class Formula
  SEEN = { "strings" => {}, "depends_on" => [], "conflicts_with" => {}, "blocks" => {} }

  class << self
    %w[desc homepage license version url sha256 keg_only].each do |word|
      define_method(word) do |value|
        raise ArgumentError, "#{word} twice" if SEEN["strings"].key?(word)

        SEEN["strings"][word] = value
      end
    end
    { "macos" => 0, "linux" => 0, "arm" => 1, "intel" => 1 }.each do |name, place|
      define_method("on_#{name}") { |&block| block.call if PLATFORM[place] == name }
    end
    %w[livecheck service].each do |word|
      define_method(word) do |&block|
        words = Words.new
        words.instance_exec(&block)
        SEEN["blocks"][word] = words.said
      end
    end

    def depends_on(what) = SEEN["depends_on"] << what.inspect
    def conflicts_with(name, because:) = SEEN["conflicts_with"][name] = because
    def test(&block) = @test = block
    def test_block = @test
    def inherited(subclass) = SEEN["class"] = subclass
  end

  %w[bin bash_completion zsh_completion fish_completion man1].each do |name|
    define_method(name) { (@places ||= Hash.new { |all, key| all[key] = Place.new(key) })[name] }
  end

  def installed
    install
    (@places || {}).transform_values(&:installed)
  end

  # What the test runs; each program is to print the version.
  def tested
    @runs = []
    instance_exec(&self.class.test_block)
    @runs
  end

  def version = "9.9.9"
  def assert_match(wanted, got) = (raise "no #{wanted} in #{got}" unless got.include?(wanted))

  def shell_output(command)
    @runs << command
    "x 9.9.9"
  end
end

load ARGV[0]
seen = Formula::SEEN
formula = seen["class"].new
seen["installed"] = formula.installed
seen["tested"] = formula.tested
seen["caveats"] = formula.caveats if formula.respond_to?(:caveats)
puts JSON.generate(seen.merge("class" => seen["class"].to_s))
