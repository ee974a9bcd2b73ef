package endpoint

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// parsedDocument is what a document in JSON says, as far as it is looked at.
type parsedDocument struct {
	SchemaVersion string `json:"schemaVersion"`
	AssumeRole    string `json:"assumeRole"`
	Parameters    map[string]struct {
		Type    string `json:"type"`
		Default any    `json:"default"`
	} `json:"parameters"`
	MainSteps []struct {
		Name   string `json:"name"`
		Action string `json:"action"`
	} `json:"mainSteps"`
}

func parseDocument(text string) (parsedDocument, error) {
	var d parsedDocument
	return d, json.Unmarshal([]byte(text), &d)
}

var (
	// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateDocument.html
	reservedDocument = regexp.MustCompile(`(?i)^(aws|amazon|amzn)`)
	targetTypeForm   = regexp.MustCompile(`^(/[\w.\-:/]*)?$`)
	accountForm      = regexp.MustCompile(`^([0-9]{12}|all)$`)
	stepNameForm     = regexp.MustCompile(`^[a-zA-Z0-9_]{3,128}$`)
	parameterRef     = regexp.MustCompile(`\{\{\s*([A-Za-z0-9_]+)\s*\}\}`)
	yamlSchema       = regexp.MustCompile(`(?m)^["']?schemaVersion["']?\s*:\s*["']?([0-9.]+)["']?\s*$`)
	yamlSteps        = regexp.MustCompile(`(?m)^["']?mainSteps["']?\s*:`)
	yamlTab          = regexp.MustCompile(`(?m)^ *\t`)

	// https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html
	documentSchemas = map[string][]string{"Automation": {"0.3"}, "Command": {"2.2", "2.0", "1.2"}, "Session": {"1.0"}, "Policy": {"2.0"}}
)

func checkDocument(want documentState) []ztcore.Finding {
	out := checkName(want.Name)
	add := func(attribute, message, fix string) {
		out = append(out, ztcore.Finding{Attribute: attribute, Message: message, Fix: fix})
	}
	if reservedDocument.MatchString(want.Name) {
		add("Name", want.Name+" begins as AWS's own documents do", "begin with something else than aws, amazon and amzn")
	}
	if !targetTypeForm.MatchString(want.TargetType) {
		add("TargetType", want.TargetType+" is no type of resource", "use as /AWS::EC2::Instance")
	}
	for _, account := range want.SharedWith {
		if !accountForm.MatchString(account) && !ztcore.HasToken(account) {
			add("SharedWith", account+" is no account", "use 12 digits; PublicBecause shares it with everybody")
		}
	}
	if len(want.Content) > 64<<10 {
		add("Content", "has more than 64 KB", "split the document")
	}
	schemas, ok := documentSchemas[want.Type]
	if !ok {
		add("Type", want.Type+" is none that is managed", "use Automation, Command, Session or Policy")
		return out
	}
	schema, problem := "", ""
	if want.Format == "JSON" {
		schema, problem = jsonProblem(want.Content.text(), want.Type)
	} else {
		schema, problem = yamlProblem(want.Content.text(), want.Type)
	}
	if problem != "" {
		add("Content", problem, "see https://docs.aws.amazon.com/systems-manager/latest/userguide/documents-schemas-features.html")
	} else if !slices.Contains(schemas, schema) {
		add("Content", fmt.Sprintf("schemaVersion %q is not for documents of the type %s", schema, want.Type), "use "+schemas[0])
	}
	return append(out, checkRunbookRole(want)...)
}

func jsonProblem(text, kind string) (schema, problem string) {
	d, err := parseDocument(text)
	if err != nil {
		return "", "is no document: " + err.Error()
	}
	if kind == "Session" || d.SchemaVersion == "1.2" {
		return d.SchemaVersion, ""
	}
	if len(d.MainSteps) == 0 {
		return d.SchemaVersion, "has no mainSteps"
	}
	seen := map[string]bool{}
	for i, s := range d.MainSteps {
		switch {
		case !stepNameForm.MatchString(s.Name) || s.Action == "":
			return d.SchemaVersion, fmt.Sprintf("step %d needs a name of 3–128 letters, digits and _, and an action", i+1)
		case seen[s.Name]:
			return d.SchemaVersion, "has two steps named " + s.Name
		}
		seen[s.Name] = true
	}
	for _, m := range parameterRef.FindAllStringSubmatch(text, -1) {
		if _, ok := d.Parameters[m[1]]; !ok {
			return d.SchemaVersion, "refers to the parameter " + m[1] + ", which it does not declare"
		}
	}
	return d.SchemaVersion, ""
}

// yamlProblem looks at a document in YAML from the outside: it takes a parser of YAML to see more.
func yamlProblem(text, kind string) (schema, problem string) {
	m := yamlSchema.FindStringSubmatch(text)
	switch {
	case strings.TrimSpace(text) == "":
		return "", "is empty"
	case yamlTab.MatchString(text):
		return "", "is indented by tabs, which YAML does not know"
	case m == nil:
		return "", "has no schemaVersion"
	case kind != "Session" && m[1] != "1.2" && !yamlSteps.MatchString(text):
		return m[1], "has no mainSteps"
	}
	return m[1], ""
}

// checkRunbookRole finds runbooks that run with whatever the person who starts them may do.
func checkRunbookRole(want documentState) []ztcore.Finding {
	if want.Type != "Automation" || strings.Contains(want.Content.text(), "assumeRole") {
		return nil
	}
	return []ztcore.Finding{{
		Attribute: "Content", Guardrail: "endpoint.runbook-without-role", Controls: []string{"NIST SP 800-207 tenet 3"},
		Message: "names no assumeRole, so that it runs with all that its starter may do", Fix: "set assumeRole to a role of its own",
	}}
}
