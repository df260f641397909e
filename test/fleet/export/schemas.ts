// What other engines take, in our own words: the fields that an export uses, as their sources had them when they were read.
// Unknown keys are refused here even where an engine would drop them in silence.
import * as z from 'zod';

const mac = z.string().regex(/^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/);
/** RFC 1123 subdomain, as Kubernetes names its objects. */
const objectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/);
const metadata = z.strictObject({ name: objectName, namespace: objectName });
const apiVersion = z.literal('tinkerbell.org/v1alpha1');
const texts = z.record(z.string(), z.string());

/** HardwareSpec of tinkerbell/tinkerbell, api/v1alpha1/tinkerbell/hardware.go. */
export const hardwareSchema = z.strictObject({
  apiVersion,
  kind: z.literal('Hardware'),
  metadata,
  spec: z.strictObject({
    metadata: z.strictObject({
      instance: z.strictObject({ id: z.string(), hostname: z.string() }),
    }),
    interfaces: z
      .array(
        z.strictObject({
          dhcp: z.strictObject({
            mac,
            hostname: z.string(),
            arch: z.string(),
            ip: z
              .strictObject({
                address: z.ipv4(),
                netmask: z.ipv4(),
                gateway: z.ipv4().optional(),
                family: z.literal(4),
              })
              .optional(),
            name_servers: z.array(z.string()).optional(),
          }),
          netboot: z.strictObject({ allowPXE: z.boolean(), allowWorkflow: z.boolean() }),
        }),
      )
      .length(1),
    userData: z.string().optional(),
  }),
});

/** TemplateSpec of the same, template.go. */
export const templateSchema = z.strictObject({
  apiVersion,
  kind: z.literal('Template'),
  metadata,
  spec: z.strictObject({ data: z.string() }),
});

/** What `data` holds: tink/controller/internal/workflow/types.go and template_validator.go. */
export const templateDataSchema = z.strictObject({
  version: z.literal('0.1'),
  name: z.string().min(1).max(199),
  global_timeout: z.int(),
  tasks: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(199),
        worker: z.string().min(1),
        volumes: z.array(z.string()),
        actions: z.array(
          z.strictObject({
            name: z.string().min(1).max(199),
            image: z.string().regex(/^[a-z0-9.]+(?:\/[a-z0-9_-]+)+:[\w.-]+$/),
            timeout: z.int(),
            command: z.array(z.string()).optional(),
            pid: z.literal('host').optional(),
            environment: texts,
            volumes: z.array(z.string()).optional(),
          }),
        ),
      }),
    )
    .min(1),
});

/** WorkflowSpec of the same, workflow.go. */
export const workflowSchema = z.strictObject({
  apiVersion,
  kind: z.literal('Workflow'),
  metadata,
  spec: z.strictObject({
    templateRef: objectName,
    hardwareRef: objectName,
    hardwareMap: z.record(z.string(), mac),
    bootOptions: z.strictObject({ toggleAllowNetboot: z.literal(true) }),
  }),
});

/**
 * Nodes for `baremetal create`: fields of node_schema() in openstack/ironic, ironic/api/controllers/v1/node.py, and ports
 * as python-ironicclient takes them with a node. Names are those of RFC 3986 unreserved characters.
 */
export const nodesSchema = z.strictObject({
  nodes: z.array(
    z.strictObject({
      name: z.string().regex(/^[\w.~-]+$/),
      driver: z.string(),
      deploy_interface: z.literal('ramdisk'),
      boot_interface: z.enum(['redfish-virtual-media', 'ipxe']),
      driver_info: z.record(z.string(), z.string()),
      instance_info: z.strictObject({
        kernel: z.url(),
        ramdisk: z.url(),
        kernel_append_params: z.string(),
      }),
      properties: z.strictObject({
        cpu_arch: z.string(),
        // doc/source/install/include/root-device-hints.inc
        root_device: z
          .strictObject({
            ...{ model: z.string(), vendor: z.string(), serial: z.string(), wwn: z.string() },
            ...{ size: z.string(), rotational: z.boolean(), by_path: z.string(), name: z.string() },
          })
          .partial()
          .optional(),
      }),
      extra: texts,
      ports: z.array(z.strictObject({ address: mac, pxe_enabled: z.boolean() })).length(1),
    }),
  ),
});

/**
 * A preseed of curtin: stages and late_commands of curtin/commands/install.py, where a command is a list of words.
 */
export const preseedSchema = z.strictObject({
  stages: z.array(
    z.enum(['early', 'partitioning', 'network', 'extract', 'curthooks', 'hook', 'late']),
  ),
  late_commands: z.record(z.string(), z.array(z.string()).min(1)),
});

/** Modules cc_write_files and cc_runcmd of canonical/cloud-init, config/schemas/schema-cloud-config-v1.json. */
export const cloudConfigSchema = z.strictObject({
  write_files: z
    .array(
      z.strictObject({
        path: z.string(),
        owner: z.string(),
        permissions: z.string().regex(/^0[0-7]{3}$/),
        content: z.string(),
      }),
    )
    .min(1),
  runcmd: z.array(z.array(z.string())).min(1),
});
