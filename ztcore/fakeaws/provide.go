package fakeaws

import (
	"context"
	"reflect"
	"strings"
	"time"
)

// What one service asks of another goes through these interfaces, so that no fake imports another. A service
// offers itself with Provide; who asks for what nobody offers goes without the check.

// Principals is offered by IAM: services that store policies refuse those that name unknown principals.
type Principals interface {
	// Principal returns the unique id of the user or role with this ARN and when it was created.
	Principal(ctx context.Context, arn string) (uniqueID string, created time.Time, ok bool)
	// PrincipalARN is the reverse: the ARN that a unique id now belongs to.
	PrincipalARN(ctx context.Context, uniqueID string) (arn string, ok bool)
}

// Roles is offered by IAM: who hands a role to a service needs the right to that role, which some requests name without its path.
type Roles interface {
	// Role returns the ARN of a role of the request's account.
	Role(ctx context.Context, name string) (arn string, ok bool)
}

// InstanceProfiles is offered by IAM: EC2 refuses profiles that are unknown, empty or too young.
type InstanceProfiles interface {
	// InstanceProfile finds a profile of the request's account by name or ARN, and returns its ARN, its unique id, the
	// ARN of its role ("" if it has none) and when it was created.
	InstanceProfile(ctx context.Context, nameOrARN string) (arn, id, roleARN string, created time.Time, ok bool)
}

// Keys is offered by KMS: services that encrypt refuse keys that are unknown, disabled or pending deletion.
type Keys interface {
	// Key finds a key by id, ARN, alias or alias ARN, and returns its ARN, whether it is enabled, and its policy document.
	Key(ctx context.Context, ref string) (arn string, enabled bool, policy string, ok bool)
}

// Buckets is offered by S3: services that deliver to a bucket look at its policy.
type Buckets interface {
	// Bucket returns the owning account, the region and the policy document of a bucket.
	Bucket(ctx context.Context, name string) (account, region, policy string, ok bool)
}

// PublicAccess is offered by S3 Control: the account's own Block Public Access, which adds to every bucket's.
type PublicAccess interface {
	// BlocksPublic reports whether the account refuses public ACLs and public bucket policies.
	BlocksPublic(ctx context.Context, account string) (acls, policies bool)
}

// LogGroups is offered by CloudWatch Logs.
type LogGroups interface {
	LogGroup(ctx context.Context, arn string) bool
}

// Topics is offered by SNS: services that publish to a topic look at its policy.
type Topics interface {
	// Topic returns the policy document of a topic and the key that encrypts it, as it was given; "" for none.
	Topic(ctx context.Context, arn string) (policy, key string, ok bool)
}

// Subnets is offered by EC2: services that put endpoints into subnets look where these are.
type Subnets interface {
	// Subnet returns a subnet's VPC and its Availability Zone.
	Subnet(ctx context.Context, id string) (vpc, zone string, ok bool)
}

// RouteEndpoints is offered by Network Firewall: routes can lead to its endpoints, and its interfaces keep subnets in use.
type RouteEndpoints interface {
	// RouteEndpoint returns the VPC of an endpoint that routes can lead to.
	RouteEndpoint(ctx context.Context, id string) (vpc string, ok bool)
	// EndpointIn reports whether one of the endpoints stands in a subnet.
	EndpointIn(ctx context.Context, subnet string) bool
}

// Parameters is offered by Systems Manager: EC2 takes images by the name of a parameter (resolve:ssm:).
type Parameters interface {
	// Parameter returns the value of a parameter of the request's account and region: name, name:version or name:label.
	Parameter(ctx context.Context, name string) (value string, ok bool)
}

// Instances is offered by EC2: Auto Scaling launches and terminates them, load balancers route to them. Account and region are
// named, for what a service does by itself is no request.
type Instances interface {
	// Instance looks up an instance that has not vanished; a terminated one is answered for an hour.
	Instance(ctx context.Context, account, region, id string) (Instance, bool)
	// LaunchInstance starts one instance from a launch template, as Auto Scaling does.
	LaunchInstance(ctx context.Context, account, region string, from Launch) (Instance, error)
	// TerminateInstance ends an instance whatever its termination protection says, as Auto Scaling and Spot do; stop and start
	// are those of warm pools.
	TerminateInstance(ctx context.Context, account, region, id string)
	StopInstance(ctx context.Context, account, region, id string)
	StartInstance(ctx context.Context, account, region, id string)
}

// Instance is what services know of an EC2 instance.
type Instance struct {
	ID, State, Type, Image       string // State is one of EC2's, as "running"
	VPC, Subnet, Zone, PrivateIP string
	Spot                         bool
	Tags                         map[string]string
}

// SecurityGroups is offered by EC2: services with interfaces in a VPC look at the groups that are to guard them.
type SecurityGroups interface {
	// SecurityGroup returns the VPC of a group of the request's account and region.
	SecurityGroup(ctx context.Context, id string) (vpc string, ok bool)
}

// Launch is what Auto Scaling asks EC2 for.
type Launch struct {
	TemplateID, TemplateName string // one of the two
	Version                  string // a number, $Latest or $Default, the default of ""
	Subnet                   string // "" for the template's own, or a subnet of the default VPC
	Tags                     map[string]string
	CheckOnly                bool // launch nothing, but refuse what a launch would be refused for
}

// TargetGroups is offered by Elastic Load Balancing: Auto Scaling registers instances with target groups, and takes those that are
// not registered for unhealthy if it is to heed them.
type TargetGroups interface {
	TargetGroup(ctx context.Context, account, region, arn string) bool
	RegisterInstance(ctx context.Context, account, region, arn, instance string)
	DeregisterInstance(ctx context.Context, account, region, arn, instance string)
	Registered(ctx context.Context, account, region, arn, instance string) bool
}

// Event is something that a service reports, as EventBridge puts it on an account's default bus.
type Event struct {
	Account, Region string
	Source          string // "aws.guardduty"
	DetailType      string // "GuardDuty Finding"
	Detail          string // a JSON object
	Resources       []string
}

// Events is offered by EventBridge: services that report put their events on the default bus of account and region.
type Events interface {
	PutEvent(ctx context.Context, e Event)
}

// Delivery is what one service hands to another on an account's behalf: an event to the target of a rule, the input of a schedule.
type Delivery struct {
	From   string // ARN of the rule or the schedule
	By     string // the service that delivers, "events.amazonaws.com"
	Target string // ARN of the topic, queue, document …
	Role   string // ARN of the role that is assumed for it; "" for none
	Input  string
}

// EventTarget takes deliveries for the targets of one service; it refuses one with the error that the target would answer. It
// runs inside another service's request, so that it uses a Store's At and never Peek.
type EventTarget func(ctx context.Context, d Delivery) error

// EventTargets holds the services that take deliveries, by the service in their ARNs: "sns", "sqs", "ssm".
type EventTargets map[string]EventTarget

// TakeDeliveries is how a fake becomes a target, at its installation.
func TakeDeliveries(c *Cloud, service string, take EventTarget) {
	targets, ok := Capability[EventTargets](c)
	if !ok {
		targets = EventTargets{}
		Provide(c, targets)
	}
	targets[service] = take
}

// Deliver hands something to its target. A target of a service that takes no deliveries is taken for delivered.
func Deliver(ctx context.Context, c *Cloud, d Delivery) error {
	targets, _ := Capability[EventTargets](c)
	parts := strings.SplitN(d.Target, ":", 4)
	if len(parts) == 4 && targets[parts[2]] != nil {
		return targets[parts[2]](ctx, d)
	}
	return nil
}

// Provide offers a capability, one of this file's interfaces or one of a user's own.
func Provide[C any](c *Cloud, capability C) { c.provided[reflect.TypeFor[C]()] = capability }

// Capability returns what was offered. Inside a handler it may be called at any time; it takes no locks.
func Capability[C any](c *Cloud) (C, bool) {
	v, ok := c.provided[reflect.TypeFor[C]()].(C)
	return v, ok
}
