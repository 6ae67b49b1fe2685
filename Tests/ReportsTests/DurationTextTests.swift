import Testing

@testable import Reports

@Suite struct DurationTextTests {
    @Test(arguments: [
        (Duration.zero, "0.000", "0.0s"), (.milliseconds(5), "0.005", "0.0s"), (.microseconds(1500), "0.002", "0.0s"),
        (.milliseconds(1234), "1.234", "1.2s"), (.milliseconds(59_960), "59.960", "1m 00s"), (.seconds(125), "125.000", "2m 05s"),
        (.seconds(3599), "3599.000", "59m 59s"), (.seconds(7325), "7325.000", "2h 02m"), (.seconds(-3), "0.000", "0.0s"),
    ])
    func durationsAreWrittenWithAPoint(duration: Duration, seconds: String, readable: String) {
        #expect(duration.secondsText == seconds)
        #expect(duration.readableText == readable)
    }
}
