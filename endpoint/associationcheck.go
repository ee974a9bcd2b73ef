package endpoint

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/seed-08ecc977/zerotrust/ztcore"
)

// superseded are AWS's documents for patching that are kept for those who have them. All are for Windows alone.
// https://docs.aws.amazon.com/systems-manager/latest/userguide/patch-manager-ssm-documents.html
var superseded = []string{"AWS-ApplyPatchBaseline", "AWS-FindWindowsUpdates", "AWS-InstallMissingWindowsUpdates", "AWS-InstallSpecificWindowsUpdates"}

// patchParameters are those of AWS-RunPatchBaseline, with their values; nil takes any.
var patchParameters = map[string][]string{
	"Operation": {"Scan", "Install"}, "RebootOption": {"RebootIfNeeded", "NoReboot"}, "SnapshotId": nil, "InstallOverrideList": nil, "BaselineOverride": nil, "AssociationId": nil,
}

var (
	// https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CreateAssociation.html
	concurrencyForm = regexp.MustCompile(`^([1-9][0-9]*|[1-9][0-9]?%|100%)$`)
	errorsForm      = regexp.MustCompile(`^(0|[1-9][0-9]*|[0-9]%|[1-9][0-9]%|100%)$`)
	versionForm     = regexp.MustCompile(`^(\$LATEST|\$DEFAULT|[1-9][0-9]*)$`)
	rateForm        = regexp.MustCompile(`^rate\(([1-9][0-9]*) (minute|hour|day)(s?)\)$`)
	cronForm        = regexp.MustCompile(`^cron\((.*)\)$`)
	cronField       = regexp.MustCompile(`^[0-9A-Z*?/,#L\-]+$`)
)

func checkAssociation(want associationState) []ztcore.Finding {
	out := checkName(want.Name)
	add := func(attribute, message, fix string) {
		out = append(out, ztcore.Finding{Attribute: attribute, Message: message, Fix: fix})
	}
	if slices.Contains(superseded, want.Document) {
		found := ztcore.Finding{Attribute: "Document", Message: want.Document + " is for Windows alone, and " + runPatchBaseline + " has taken its place", Fix: "leave Document empty"}
		if want.OS == string(Windows) {
			found.Guardrail, found.Controls = "endpoint.superseded-document", []string{"FSBP SSM.2"}
		}
		out = append(out, found)
	}
	if want.Document == runPatchBaseline {
		for _, name := range slices.Sorted(maps.Keys(want.Parameters)) {
			values, ok := patchParameters[name]
			given := want.Parameters[name]
			switch {
			case !ok:
				add("Parameters "+name, runPatchBaseline+" has no such parameter", "use "+strings.Join(slices.Sorted(maps.Keys(patchParameters)), ", "))
			case len(given) != 1:
				add("Parameters "+name, fmt.Sprintf("takes one value, and has %d", len(given)), "give one")
			case values != nil && !slices.Contains(values, given[0]):
				add("Parameters "+name, given[0]+" is no value of it", "use "+strings.Join(values, " or "))
			}
		}
	}
	if len(want.Targets) == 0 && want.TargetParameter == "" && want.Document == runPatchBaseline {
		add("Targets", "no node is chosen", `name them, as Tagged("Patch Group", "web")`)
	}
	if len(want.Targets) > 5 {
		add("Targets", "an association can't have more than 5", "use another association")
	}
	for _, t := range want.Targets {
		known := t.Key == "InstanceIds" || t.Key == "ParameterValues" || strings.HasPrefix(t.Key, "tag:") && t.Key != "tag:" || strings.HasPrefix(t.Key, "resource-groups:")
		if !known || len(t.Values) == 0 || len(t.Values) > 50 {
			add("Targets "+t.Key, "is no target, or has not 1–50 values", `use "tag:…", "InstanceIds" or "resource-groups:Name"`)
		}
	}
	if !versionForm.MatchString(want.Version) {
		add("Version", want.Version+" is no version of a document", "use a number, $LATEST, or leave it empty")
	}
	if !concurrencyForm.MatchString(want.MaxConcurrency) {
		add("MaxConcurrency", want.MaxConcurrency+" is no number or percentage of nodes", "use 1 or more, or 1% to 100%")
	}
	if !errorsForm.MatchString(want.MaxErrors) {
		add("MaxErrors", want.MaxErrors+" is no number or percentage of nodes", "use 0 or more, or 0% to 100%")
	}
	if !slices.Contains(types.AssociationComplianceSeverity("").Values(), types.AssociationComplianceSeverity(want.Severity)) {
		add("Severity", want.Severity+" is no severity", "leave it empty for HIGH")
	}
	if problem := scheduleProblem(want.Schedule); problem != "" {
		add("Schedule", want.Schedule+" "+problem, "use as cron(0 3 ? * SUN *), rate(1 day) or at(2026-01-01T00:00:00)")
	}
	return out
}

// scheduleProblem is what is wrong with an expression for State Manager.
func scheduleProblem(s string) string {
	switch {
	case ztcore.HasToken(s):
		return ""
	case strings.HasPrefix(s, "rate("):
		m := rateForm.FindStringSubmatch(s)
		if m == nil || (m[1] == "1") != (m[3] == "") {
			return "is no rate"
		}
		if n, err := strconv.Atoi(m[1]); err != nil || m[2] == "minute" && n < 30 {
			return "is more often than every 30 minutes"
		}
		return ""
	case strings.HasPrefix(s, "at("):
		if _, err := time.Parse("at(2006-01-02T15:04:05)", s); err != nil {
			return "is no time"
		}
		return ""
	}
	m := cronForm.FindStringSubmatch(s)
	if m == nil {
		return "is no schedule"
	}
	fields := strings.Fields(m[1])
	if len(fields) != 6 {
		return fmt.Sprintf("has %d fields in place of 6: minute, hour, day of the month, month, day of the week, year", len(fields))
	}
	if (fields[2] == "?") == (fields[4] == "?") {
		return "must have ? for either the day of the month or the day of the week"
	}
	for _, f := range fields {
		if !cronField.MatchString(strings.ToUpper(f)) {
			return "has a field that is none: " + f
		}
	}
	return ""
}

// checkAssociatedDocuments holds the parameters to the documents of the same baseline.
func checkAssociatedDocuments(g *ztcore.Graph, all []ztcore.Declared[associationState]) []ztcore.Finding {
	var out []ztcore.Finding
	for _, a := range all {
		d, ok := ztcore.Lookup[documentState](g, a.Want.Document)
		if !ok {
			continue
		}
		declared, err := parseDocument(d.Want.Content.text())
		if err != nil || d.Want.Format != "JSON" {
			continue // the document's own check says so
		}
		for _, name := range slices.Sorted(maps.Keys(a.Want.Parameters)) {
			if _, ok := declared.Parameters[name]; !ok {
				out = append(out, ztcore.Finding{Resource: a.Address, Attribute: "Parameters " + name, Message: string(d.Address) + " declares no such parameter", Fix: "declare it there, or leave it out here"})
			}
		}
		for _, name := range slices.Sorted(maps.Keys(declared.Parameters)) {
			if p := declared.Parameters[name]; p.Default == nil && a.Want.Parameters[name] == nil && a.Want.TargetParameter != name {
				out = append(out, ztcore.Finding{Resource: a.Address, Attribute: "Parameters " + name, Message: string(d.Address) + " needs it", Fix: "give it a value, or a default there"})
			}
		}
	}
	return out
}
