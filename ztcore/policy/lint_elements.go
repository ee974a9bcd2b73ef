package policy

import (
	"fmt"
	"regexp"
	"strings"
)

// actionRE is a service prefix and an action with wildcards. IAM takes no wildcard in the prefix, but "*" and "*:*".
var actionRE = regexp.MustCompile(`^(\*|[A-Za-z0-9-]+):[A-Za-z0-9*?]+$`)

func (l *linter) actions() {
	for _, e := range []struct {
		name string
		list []string
	}{{"Action", l.statement.Actions}, {"NotAction", l.statement.NotActions}} {
		for _, a := range e.list {
			switch {
			case a == "*" || hasToken(a):
			case strings.Contains(a, "${"):
				l.add(SeverityError, "VARIABLE_UNSUPPORTED_IN_ELEMENT", e.name, fmt.Sprintf("%q: an action takes no policy variable", a), "write the action out")
			case !actionRE.MatchString(a):
				l.add(SeverityError, "INVALID_ACTION", e.name, fmt.Sprintf("%q is no action", a), `write it as service:Action, for example s3:GetObject`)
			case l.class == TrustPolicy && a != "*:*" && !strings.EqualFold(a[:strings.IndexByte(a, ':')], "sts"):
				l.add(SeverityError, "UNSUPPORTED_ACTION_IN_POLICY", e.name, fmt.Sprintf("%q: a trust policy is about the actions of sts that assume a role", a), "move it to a policy of the role")
			}
		}
	}
}

func (l *linter) resources(element string, list []string) {
	for _, r := range list {
		l.variables(element, r)
		l.arn(element, r)
	}
}

var (
	partitionRE = regexp.MustCompile(`^aws(-[a-z]+)*$`)
	accountRE   = regexp.MustCompile(`^[0-9]{12}$`)
	digitsRE    = regexp.MustCompile(`^[0-9]+$`)
)

// open reports whether part of an ARN is not decided by its text: a wildcard, variable or token stands in it.
func open(part string) bool { return strings.ContainsAny(part, "*?$") || hasToken(part) }

// arn checks a resource. A token at its start may stand for any part of an ARN.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html
func (l *linter) arn(element, r string) {
	if tok, _ := cutToken(r); r == "*" || tok != "" || strings.HasPrefix(r, "${") {
		return
	}
	if !strings.HasPrefix(r, "arn:") {
		l.add(SeverityError, "INVALID_ARN_PREFIX", element, fmt.Sprintf("%q is no ARN", r), `write arn:partition:service:region:account:resource, or "*"`)
		return
	}
	parts := splitN(r, ':', 6)
	if len(parts) < 6 {
		l.add(SeverityWarning, "MISSING_ARN_FIELD", element, fmt.Sprintf("%q has %d of the six fields of an ARN; AWS takes the others as wildcards or refuses it", r, len(parts)), "write all of arn:partition:service:region:account:resource")
		return
	}
	partition, service, region, account, resource := parts[1], parts[2], parts[3], parts[4], parts[5]
	switch {
	case !open(partition) && !partitionRE.MatchString(partition):
		l.add(SeverityError, "INVALID_PARTITION", element, fmt.Sprintf("%q: there is no partition %q", r, partition), "write aws, aws-cn or aws-us-gov")
	case service == "":
		l.add(SeverityError, "MISSING_ARN_FIELD", element, fmt.Sprintf("%q names no service", r), "write it as in arn:aws:s3:::bucket")
	case !open(service) && service != strings.ToLower(service):
		l.add(SeverityError, "INVALID_ARN_SERVICE_CASE", element, fmt.Sprintf("%q: a service is written in lower case", r), "write "+strings.ToLower(service))
	case service == "iam" && region != "" && region != "*" && !hasToken(region):
		l.add(SeverityError, "ARN_REGION_NOT_ALLOWED", element, fmt.Sprintf("%q: ARNs of IAM have no region", r), "leave it empty, as in arn:aws:iam::123456789012:role/Name")
	case digitsRE.MatchString(account) && !accountRE.MatchString(account):
		l.add(SeverityError, "INVALID_ARN_ACCOUNT", element, fmt.Sprintf("%q: an account id has 12 digits", r), "correct the account id")
	case resource == "":
		l.add(SeverityError, "INVALID_ARN_RESOURCE", element, fmt.Sprintf("%q names no resource", r), "write what comes after the last colon, or *")
	}
}

// variables checks the form of ${…}.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
func (l *linter) variables(element, text string) {
	for rest := text; ; {
		_, after, found := strings.Cut(rest, "${")
		if !found {
			return
		}
		name, next, closed := strings.Cut(after, "}")
		switch {
		case !closed:
			l.add(SeverityError, "MISSING_BRACE_IN_VARIABLE", element, fmt.Sprintf("%q: a policy variable has no end", text), "write it as ${aws:username}")
			return
		case name == "":
			l.add(SeverityError, "EMPTY_VARIABLE", element, fmt.Sprintf("%q: a policy variable has no name", text), "write it as ${aws:username}")
		case l.version == Version2008:
			l.add(SeverityWarning, "VARIABLE_UNSUPPORTED_IN_VERSION", element, fmt.Sprintf("%q: version 2008-10-17 takes the variable as plain text", text), "set Version to "+Version2012)
		}
		rest = next
	}
}

// uniqueIDRE is what AWS shows in the place of a role's or user's ARN once that has been deleted.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids
var uniqueIDRE = regexp.MustCompile(`^A(ROA|IDA)[A-Z0-9]{12,}$`)

func (l *linter) principals(element string, list []Principal) {
	for _, p := range list {
		if p.isAnyone() || hasToken(p.ID) {
			continue
		}
		switch p.Type {
		case typeAWS:
			l.awsPrincipal(element, p.ID)
		case typeService:
			if strings.ContainsAny(p.ID, "*?:/") || !strings.Contains(p.ID, ".") {
				l.add(SeverityError, "INVALID_SERVICE_PRINCIPAL_FORMAT", element, fmt.Sprintf("%q is no service principal", p.ID), "write it as ec2.amazonaws.com")
			}
		case typeFederated, typeCanonicalUser:
			if p.ID == "" {
				l.add(SeverityError, "INVALID_PRINCIPAL_FORMAT", element, "the principal is empty", "name it")
			}
		default:
			l.add(SeverityError, "INVALID_PRINCIPAL_KEY", element, fmt.Sprintf("there is no type of principal %q", p.Type), "use AWS, Service, Federated or CanonicalUser")
		}
	}
}

func (l *linter) awsPrincipal(element, id string) {
	parts := splitN(id, ':', 6)
	isARN := len(parts) == 6 && parts[0] == "arn" && (parts[2] == "iam" || parts[2] == "sts")
	switch {
	case strings.ContainsAny(id, "*?"):
		l.add(SeverityError, "UNSUPPORTED_WILDCARD_IN_PRINCIPAL", element, fmt.Sprintf("%q: a principal takes no wildcard but a lone *", id), "name the account and add a condition on aws:PrincipalArn with ArnLike")
	case uniqueIDRE.MatchString(id):
		l.add(SeverityWarning, "DELETED_PRINCIPAL", element, fmt.Sprintf("%q is the id of a principal that has been deleted; one made again under its name is another", id), "name the principal's ARN again or remove the entry")
	case !isARN && !accountRE.MatchString(id):
		l.add(SeverityError, "INVALID_PRINCIPAL_FORMAT", element, fmt.Sprintf("%q is neither an account id nor the ARN of a principal", id), "write 12 digits or arn:aws:iam::123456789012:role/Name")
	case isARN && !accountRE.MatchString(parts[4]) && parts[4] != "cloudfront": // arn:aws:iam::cloudfront:user/… is an origin access identity
		l.add(SeverityError, "INVALID_ARN_ACCOUNT", element, fmt.Sprintf("%q: an account id has 12 digits", id), "correct the account id")
	}
}
