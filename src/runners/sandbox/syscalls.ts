/** Machines that programs for the kernel's filter are made for. */
export type Architecture = 'x64' | 'arm64';

/** Number of each system call: x86-64 first, then arm64; null where the machine does not have it. */
type Row = readonly [name: string, x64: number | null, arm64: number | null];

/** Refused with EPERM: what no program under test needs and what widens the way into the kernel or to other processes. */
export const deniedCalls: readonly Row[] = [
  ['ptrace', 101, 117],
  ['process_vm_readv', 310, 270],
  ['process_vm_writev', 311, 271],
  ['process_madvise', 440, 440],
  ['process_mrelease', 448, 448],
  ['kcmp', 312, 272],
  ['pidfd_getfd', 438, 438],
  ['bpf', 321, 280],
  ['io_uring_setup', 425, 425],
  ['io_uring_enter', 426, 426],
  ['io_uring_register', 427, 427],
  ['add_key', 248, 217],
  ['request_key', 249, 218],
  ['keyctl', 250, 219],
  ['userfaultfd', 323, 282],
  ['perf_event_open', 298, 241],
  ['open_by_handle_at', 304, 265],
  ['name_to_handle_at', 303, 264],
  ['fanotify_init', 300, 262],
  ['create_module', 174, null],
  ['init_module', 175, 105],
  ['finit_module', 313, 273],
  ['delete_module', 176, 106],
  ['query_module', 178, null],
  ['get_kernel_syms', 177, null],
  ['kexec_load', 246, 104],
  ['kexec_file_load', 320, 294],
  ['mount', 165, 40],
  ['umount2', 166, 39],
  ['pivot_root', 155, 41],
  ['chroot', 161, 51],
  ['open_tree', 428, 428],
  ['move_mount', 429, 429],
  ['fsopen', 430, 430],
  ['fsconfig', 431, 431],
  ['fsmount', 432, 432],
  ['fspick', 433, 433],
  ['mount_setattr', 442, 442],
  ['statmount', 457, 457],
  ['listmount', 458, 458],
  ['open_tree_attr', 467, 467],
  ['swapon', 167, 224],
  ['swapoff', 168, 225],
  ['reboot', 169, 142],
  ['setns', 308, 268],
  ['unshare', 272, 97],
  ['clock_settime', 227, 112],
  ['clock_adjtime', 305, 266],
  ['adjtimex', 159, 171],
  ['settimeofday', 164, 170],
  ['ioperm', 173, null],
  ['iopl', 172, null],
  ['modify_ldt', 154, null],
  ['uselib', 134, null],
  ['sysfs', 139, null],
  ['_sysctl', 156, null],
  ['syslog', 103, 116],
  ['quotactl', 179, 60],
  ['quotactl_fd', 443, 443],
  ['memfd_secret', 447, 447],
  ['acct', 163, 89],
  ['nfsservctl', 180, 42],
  ['lookup_dcookie', 212, 18],
  ['vhangup', 153, 58],
  ['sethostname', 170, 161],
  ['setdomainname', 171, 162],
];

/** Memory that RLIMIT_DATA does not count. */
export const sharedMemoryCalls: readonly Row[] = [
  ['memfd_create', 319, 279],
  ['shmget', 29, 194],
];

/** Ways to signal a process by its number, for where nothing else keeps them inside. */
export const signalCalls: readonly Row[] = [
  ['kill', 62, 129],
  ['tkill', 200, 130],
  ['tgkill', 234, 131],
  ['rt_sigqueueinfo', 129, 138],
  ['rt_tgsigqueueinfo', 297, 240],
  ['pidfd_send_signal', 424, 424],
];

/** Calls whose arguments decide. */
export const judgedCalls = {
  clone: { x64: 56, arm64: 220 },
  clone3: { x64: 435, arm64: 435 },
  socket: { x64: 41, arm64: 198 },
  socketpair: { x64: 53, arm64: 199 },
  ioctl: { x64: 16, arm64: 29 },
  mmap: { x64: 9, arm64: 222 },
} as const;

/** The numbers of `rows` on one machine. */
export function numbersOf(rows: readonly Row[], architecture: Architecture): number[] {
  return rows.flatMap(([, x64, arm64]) => {
    const number = architecture === 'x64' ? x64 : arm64;
    return number === null ? [] : [number];
  });
}
