import HookKit
import PipelineFile
import Testing

@Suite struct PipelineMistakeTests {
    /// Every key of the file, with every type that it does not take.
    @Test(arguments: [
        PipelineText("name: ▲[a]\nstages: [{rule: prune}]", "'name' must be a text, not a list"),
        PipelineText("name: ▲{a: b}\nstages: [{rule: prune}]", "'name' must be a text, not a mapping"),
        PipelineText("name: ▲3\nstages: [{rule: prune}]", "'name' must be a text, not '3'; put it in quotes"),
        PipelineText("name: ▲true\nstages: [{rule: prune}]", "'name' must be a text, not 'true'; put it in quotes"),
        PipelineText("name: ▲''\nstages: [{rule: prune}]", "'name' must be a text, not an empty text"),
        PipelineText("name:▲\nstages: [{rule: prune}]", "'name' must be a text, not nothing"),
        PipelineText("plugins: ▲./x\nstages: [{rule: prune}]", "'plugins' must be a list, each entry a path, not './x'"),
        PipelineText("plugins: ▲{a: b}\nstages: [{rule: prune}]", "'plugins' must be a list, each entry a path, not a mapping"),
        PipelineText(
            "plugins: [▲3, ▲[], ▲'']\nstages: [{rule: prune}]",
            "'plugins' must be a path, not '3'",
            "'plugins' must be a path, not a list",
            "'plugins' must be a path, not an empty text"
        ),
        PipelineText("docker: ▲unix:///x\nstages: [{rule: prune}]", "'docker' must be a mapping with the keys host, not 'unix:///x'"),
        PipelineText("docker: ▲[]\nstages: [{rule: prune}]", "'docker' must be a mapping with the keys host, not a list"),
        PipelineText(
            "docker: {host: ▲[]}\nstages: [{rule: prune}]",
            "'host' must be the address of an engine such as unix:///var/run/docker.sock or tcp://host:2376, not a list"
        ),
        PipelineText(
            "docker: {host: ▲2375}\nstages: [{rule: prune}]",
            "'host' must be the address of an engine such as unix:///var/run/docker.sock or tcp://host:2376, not '2375'"
        ),
        PipelineText(
            "docker: {host: ▲/var/run/docker.sock}\nstages: [{rule: prune}]",
            "'host' is '/var/run/docker.sock', which names no kind of connection; did you mean 'unix:///var/run/docker.sock'?"
        ),
        PipelineText("ledger: ▲[a]\nstages: [{rule: prune}]", "'ledger' must be a path, not a list"),
        PipelineText("ledger: ▲1\nstages: [{rule: prune}]", "'ledger' must be a path, not '1'"),
        PipelineText("variables: ▲[A]\nstages: [{rule: prune}]", "'variables' must be a mapping of names to values, not a list"),
        PipelineText("variables: ▲A=1\nstages: [{rule: prune}]", "'variables' must be a mapping of names to values, not 'A=1'"),
        PipelineText("variables: {A: ▲[1]}\nstages: [{rule: prune}]", "'A' must be a text, a number, true or false, not a list"),
        PipelineText("variables: {A: ▲{b: 1}}\nstages: [{rule: prune}]", "'A' must be a text, a number, true or false, not a mapping"),
        PipelineText("variables: {A: ▲~}\nstages: [{rule: prune}]", "'A' must be a text, a number, true or false, not nothing"),
        PipelineText(
            "reports: ▲junit.xml\nstages: [{rule: prune}]",
            "'reports' must be a mapping with the keys junit, json, html, markdown, metrics, not 'junit.xml'"
        ),
        PipelineText("reports: {junit: ▲[a]}\nstages: [{rule: prune}]", "'junit' must be a path, not a list"),
        PipelineText("reports: {json: ▲true}\nstages: [{rule: prune}]", "'json' must be a path, not 'true'"),
        PipelineText("stages: ▲prune", "'stages' must be a list of stages, not 'prune'"),
        PipelineText("stages: ▲{rule: prune}", "'stages' must be a list of stages, not a mapping"),
        PipelineText("stages:▲\n", "'stages' must be a list of stages, not nothing"),
        PipelineText("stages: ▲[]", "'stages' is empty; a pipeline has one stage at least"),
        PipelineText("▲name: x", "the pipeline needs the key 'stages'"),
        PipelineText(
            "stages: [▲prune, ▲[a], ▲3, ▲~]",
            "a stage must be a mapping such as 'rule: prune', not 'prune'",
            "a stage must be a mapping such as 'rule: prune', not a list",
            "a stage must be a mapping such as 'rule: prune', not '3'",
            "a stage must be a mapping such as 'rule: prune', not nothing"
        ),
        PipelineText("stages: [▲{}]", "a stage needs the key 'rule'"),
        PipelineText("stages: [▲{name: x}]", "a stage needs the key 'rule'"),
        PipelineText("stages: [{rule: ▲[prune]}]", "'rule' must be a text, not a list"),
        PipelineText("stages: [{rule: ▲1}]", "'rule' must be a text, not '1'; put it in quotes"),
        PipelineText("stages: [{rule: prune, name: ▲{}}]", "'name' must be a text, not a mapping"),
        PipelineText("stages: [{rule: prune, name: ▲7}]", "'name' must be a text, not '7'; put it in quotes"),
        PipelineText("stages: [{rule: prune, timeout: ▲10}]", "'timeout' must be a duration such as 90s, 15m, 24h, 7d or 2w, not '10'"),
        PipelineText(
            "stages: [{rule: prune, timeout: ▲10 min}]",
            "'timeout' must be a duration such as 90s, 15m, 24h, 7d or 2w, not '10 min'"
        ),
        PipelineText("stages: [{rule: prune, timeout: ▲[1m]}]", "'timeout' must be a duration such as 90s, 15m, 24h, 7d or 2w, not a list"),
        PipelineText("stages: [{rule: prune, timeout: ▲0s}]", "'timeout' must be longer than 0s"),
        PipelineText("stages: [{rule: prune, on-failure: ▲ignore}]", "'on-failure' must be one of stop, continue, not 'ignore'"),
        PipelineText(
            "stages: [{rule: prune, on-failure: ▲continu}]",
            "'on-failure' must be one of stop, continue, not 'continu'; did you mean 'continue'?"
        ),
        PipelineText("stages: [{rule: prune, on-failure: ▲false}]", "'on-failure' must be one of stop, continue, not 'false'"),
        PipelineText("stages: [{rule: prune, dry-run: ▲yes}]", "'dry-run' must be true or false, not 'yes'"),
        PipelineText("stages: [{rule: prune, dry-run: ▲'true'}]", "'dry-run' must be true or false, not 'true'; take the quotes away"),
        PipelineText("stages: [{rule: prune, dry-run: ▲1}]", "'dry-run' must be true or false, not '1'"),
        PipelineText("stages: [{rule: prune, dry-run: ▲}]", "'dry-run' must be true or false, not nothing"),
        PipelineText("stages: [{rule: prune, with: ▲[a]}]", "'with' must be a mapping of settings, not a list"),
        PipelineText("stages: [{rule: prune, with: ▲24h}]", "'with' must be a mapping of settings, not '24h'"),
        PipelineText(
            "stages: [{rule: ▲prun, with: ▲24h}]",
            "there is no rule 'prun'; did you mean 'prune'?",
            "'with' must be a mapping of settings, not '24h'"
        ),
        PipelineText(
            "stages: [{rule: prune, when: ▲always}]",
            "'when' must be a mapping with the keys status, branch, event, env, not 'always'"
        ),
        PipelineText("stages: [{rule: prune, when: ▲[]}]", "'when' must be a mapping with the keys status, branch, event, env, not a list"),
        PipelineText("stages: [{rule: prune, when: {status: ▲[always]}}]", "'status' must be one of success, failure, always, not a list"),
        PipelineText(
            "stages: [{rule: prune, when: {status: ▲alway}}]",
            "'status' must be one of success, failure, always, not 'alway'; did you mean 'always'?"
        ),
        PipelineText(
            "stages: [{rule: prune, when: {branch: ▲{a: b}}}]",
            "'branch' must be a name or a pattern such as 'build-*', not a mapping"
        ),
        PipelineText(
            "stages: [{rule: prune, when: {branch: [main, ▲3, ▲'[']}}]",
            "'branch' must be a name or a pattern such as 'build-*', not '3'",
            "'branch' must be a name or a pattern such as 'build-*', not '['"
        ),
        PipelineText("stages: [{rule: prune, when: {branch: ▲[]}}]", "'branch' is empty, and nothing would match it"),
        PipelineText(
            "stages: [{rule: prune, timeout: ▲0x1F}, {rule: ▲1e3}, {rule: prune, timeout: ▲1.50}]",
            "'timeout' must be a duration such as 90s, 15m, 24h, 7d or 2w, not '0x1F'",
            "'rule' must be a text, not '1e3'; put it in quotes",
            "'timeout' must be a duration such as 90s, 15m, 24h, 7d or 2w, not '1.50'"
        ),
        PipelineText("stages: [{rule: prune, when: {branch: ▲'${D:-}'}}]", "'branch' is empty; left out, every build will do"),
        PipelineText("stages: [{rule: prune, when: {event: ▲'${D:-}'}}]", "'event' is empty; left out, every event will do"),
        PipelineText("plugins: ▲'${D:-}'\nstages: [{rule: prune}]", "'plugins' is empty; left out, there are none"),
        PipelineText("stages: [{rule: prune, when: {event: ▲push}}]", "'event' must be one of ci, manual, pre-push, not 'push'"),
        PipelineText("stages: [{rule: prune, when: {event: [ci, ▲{}]}}]", "'event' must be one of ci, manual, pre-push, not a mapping"),
        PipelineText("stages: [{rule: prune, when: {event: ▲[]}}]", "'event' is empty, and nothing would match it"),
        PipelineText("stages: [{rule: prune, when: {env: ▲[A]}}]", "'env' must be a mapping of variables to values, not a list"),
        PipelineText(
            "stages: [{rule: prune, when: {env: {A: ▲[b], B: ▲~}}}]",
            "'A' must be a name or a pattern such as 'build-*', not a list",
            "'B' must be a name or a pattern such as 'build-*', not nothing"
        ),
        PipelineText("▲- rule: prune", "the file must be a mapping with a key 'stages', not a list"),
        PipelineText("▲prune", "the file must be a mapping with a key 'stages', not a text"),
    ])
    func wrongTypeIsReportedAtTheValue(text: PipelineText) throws {
        try text.expectRefusal()
    }

    @Test(arguments: [
        PipelineText("stages: [{rule: prune}]\n▲nam: x", "the pipeline has no key 'nam'; did you mean 'name'?"),
        PipelineText("▲stage: [{rule: prune}]", "the pipeline has no key 'stage'; did you mean 'stages'?"),
        PipelineText(
            "stages: [{rule: prune}]\n▲jobs: {}",
            "the pipeline has no key 'jobs'; valid: name, plugins, docker, ledger, variables, reports, stages"
        ),
        PipelineText("docker: {▲hosts: x}\nstages: [{rule: prune}]", "'docker' has no key 'hosts'; did you mean 'host'?"),
        PipelineText(
            "reports: {▲pdf: x}\nstages: [{rule: prune}]",
            "'reports' has no key 'pdf'; valid: junit, json, html, markdown, metrics"
        ),
        PipelineText("reports: {junit: a/b, json: ▲a/b}\nstages: [{rule: prune}]", "'json' names the same file as 'junit'"),
        PipelineText("reports: {metrics: ▲.hook/ledger.sqlite}\nstages: [{rule: prune}]", "'metrics' names the same file as 'ledger'"),
        PipelineText("ledger: l\nreports: {json: ▲l}\nstages: [{rule: prune}]", "'json' names the same file as 'ledger'"),
        PipelineText("reports: {html: ▲pipeline.yml}\nstages: [{rule: prune}]", "'html' names the pipeline file itself"),
        PipelineText("stages: [{▲rul: prune}]", "a stage has no key 'rul'; did you mean 'rule'?"),
        PipelineText(
            "stages: [{rule: prune, ▲script: x}]",
            "a stage has no key 'script'; valid: name, rule, when, timeout, on-failure, dry-run, with"
        ),
        PipelineText(
            "stages: [{rule: prune, ▲x-note: y}]",
            "a stage has no key 'x-note'; valid: name, rule, when, timeout, on-failure, dry-run, with"
        ),
        PipelineText(
            "stages: [{rule: prune, ▲older-than: 24h}]",
            "a stage has no key 'older-than'; settings of the rule stand under 'with'"
        ),
        PipelineText("stages: [{rule: prune, ▲dryrun: true}]", "a stage has no key 'dryrun'; did you mean 'dry-run'?"),
        PipelineText("stages: [{rule: prune, when: {▲branches: main}}]", "'when' has no key 'branches'; did you mean 'branch'?"),
        PipelineText("stages: [{rule: prune, when: {▲only: main}}]", "'when' has no key 'only'; valid: status, branch, event, env"),
        PipelineText("stages: [{rule: prune, with: {▲older-then: 24h}}]", "prune has no setting 'older-then'; did you mean 'older-than'?"),
        PipelineText(
            "stages: [{rule: prune, with: {▲dry-run: true}}]",
            "prune has no setting 'dry-run'; it stands beside 'with', not in it"
        ),
        PipelineText(
            "stages: [{rule: check-archive, with: {archive: a, ▲timeout: 1m}}]",
            "check-archive has no setting 'timeout'; it stands beside 'with', not in it"
        ),
        PipelineText("stages: [{rule: ▲prume}]", "there is no rule 'prume'; did you mean 'prune'?"),
        PipelineText("stages: [{rule: ▲tag}]", "there is no rule 'tag'; valid: check-archive, prune"),
        PipelineText("stages: [{rule: ▲check-archive}]", "check-archive needs the setting 'archive'"),
        PipelineText("stages: [{rule: ▲check-archive, with: }]", "check-archive needs the setting 'archive'"),
        PipelineText(
            "stages: [{rule: check-archive, with: {archive: a, image: b, ▲names: [c]}}]",
            "'image' and 'names' exclude each other"
        ),
        PipelineText(
            "stages: [{rule: prune, with: {keep-last: ▲three, older-than: ▲24, dangling: ▲yes, labels: ▲[a], images: ▲x}}]",
            "'keep-last' must be a whole number, 0 or more, not 'three'",
            "'older-than' must be a duration such as 90s, 15m, 24h, 7d or 2w, not '24'",
            "'dangling' must be true or false, not 'yes'",
            "'labels' must be a mapping of names, each to a text, not a list",
            "'images' must be a list, each entry a pattern of image references such as 'shop/*' or '*:latest', not 'x'"
        ),
        PipelineText(
            "variables: {▲my-var: 1, ▲2X: 1, ▲'A B': 2}\nstages: [{rule: prune}]",
            "'my-var' cannot be a variable's name; it has letters, digits and '_', and does not begin with a digit",
            "'2X' cannot be a variable's name; it has letters, digits and '_', and does not begin with a digit",
            "'A B' cannot be a variable's name; it has letters, digits and '_', and does not begin with a digit"
        ),
        PipelineText(
            "stages: [{rule: prune, when: {env: {▲$CI: 1}}}]",
            "'$CI' cannot be a variable's name; it has letters, digits and '_', and does not begin with a digit"
        ),
        PipelineText(
            "stages: [{rule: prune, name: a}, {rule: prune, name: ▲a}, {rule: prune, name: ▲a}]",
            "another stage is named 'a'",
            "another stage is named 'a'"
        ),
        PipelineText(
            "name: a\n▲name: b\nstages: [{rule: ▲prun}]",
            "the key 'name' comes twice in one mapping",
            "there is no rule 'prun'; did you mean 'prune'?"
        ),
    ])
    func unknownNameIsReportedWithTheNearestOne(text: PipelineText) throws {
        try text.expectRefusal()
    }

    @Test func allMistakesAreReportedTogetherInOrder() throws {
        try PipelineText(
            """
            ▲nme: x
            variables:
              KEEP: 3
              ▲KEEP: 4
            stages:
              - rule: prune
                ▲wiht: { older-than: 1h }
              - rule: prune
                timeout: ▲soon
                with:
                  ▲older-then: 24h
                  keep-last: ▲${KEPE}
                  images: [ ▲"a b" ]
              - rule: ▲detect
                when: { event: ▲cron }
            """,
            "the pipeline has no key 'nme'; did you mean 'name'?",
            "the key 'KEEP' comes twice in one mapping",
            "a stage has no key 'wiht'; did you mean 'with'?",
            "'timeout' must be a duration such as 90s, 15m, 24h, 7d or 2w, not 'soon'",
            "prune has no setting 'older-then'; did you mean 'older-than'?",
            "the variable 'KEPE' is not set; did you mean 'KEEP'?",
            "'images' must be a pattern of image references such as 'shop/*' or '*:latest', not 'a b': a reference holds no white space",
            "there is no rule 'detect'; valid: check-archive, prune",
            "'event' must be one of ci, manual, pre-push, not 'cron'"
        ).expectRefusal()
    }

    @Test func mistakeBehindAnAnchorIsReportedOnce() throws {
        try PipelineText(
            "x-with: &with { ▲keep: 2 }\nstages: [{rule: prune, with: *with}, {rule: prune, with: *with}]",
            "prune has no setting 'keep'; valid: images, older-than, keep-last, dangling, keep-bytes, labels"
        ).expectRefusal()
    }

    @Test func aliasOfTheWrongTypeIsReportedAtTheAlias() throws {
        try PipelineText(
            "x-list: &list [a]\nstages: [{rule: prune, with: ▲*list}]",
            "'with' must be a mapping of settings, not a list"
        ).expectRefusal()
    }
}
