"""Where everything stands in the book of the order loop, and the codes that stand there.

The book is one address space over two flat arrays of one length: the record at address `a` has its integers at
`k[a + ...]` and its floats at `f[a + ...]`. An address is also the record's name: a plan, a leg, a rule is its address.
Few arrays instead of one per table keep the compiled functions small: each array costs seven arguments in every call.
"""

from __future__ import annotations

INF = 9.0e15  # a time that never comes; still an exact integer

# --- the header, at address 0
H_KEY, H_OUT, H_KEYS, H_ORIGIN, H_GUARDS, H_PLANS, H_PLANS_END, H_MARKETS, H_MARKETS_END = range(9)
H_LANES, H_LANES_END, H_GUARD_LANE, H_STATISTICS, H_STATISTICS_END, H_RESERVE = range(9, 15)
H_RULES, H_RULES_END, H_LEGS = range(15, 18)  # H_LEGS: how many there can be
# floats: settings, then the account (money in cents)
V_NETTING, V_STOP_OUT, V_LIVE_FROM, V_RECORD_MOVES, V_SAMPLE = range(5)
W_BALANCE, W_EQUITY, W_HALT, W_POSITIONS, W_PEAK, W_FALL, W_FALL_PERCENT, W_SAMPLED, W_MARGIN, W_DIRTY = range(5, 15)
W_STALE = 15  # W_EQUITY is not that of the present instant
V_CALL, W_CALLED, W_BROKEN, W_BROKEN_VALUE = range(16, 20)  # margin call: level, stands; the limit broken last
H_CAPS, H_CAPS_END = range(18, 20)
W_OTHERS = 21  # cents that positions at a broker outside that are not the run's stand at, nights included
V_OUTSIDE = 20  # fills, stops and charges are a broker's: they come in between two instants
HEADER = 24

# --- keys: (time - origin) and below it the number of the owner
KEY_BITS = 20
OWNER_MASK = (1 << KEY_BITS) - 1
# conditions are looked at eight together, as one integer: the bits of TRUE (2) and of UNKNOWN (1)
EIGHT_TRUE = 0x0202020202020202
EIGHT_UNKNOWN = 0x0101010101010101

# --- lanes and markets: cursors into their positions of the chunk, and the list of who has to be looked at
U_START, U_NEXT, U_END, U_LIST = range(4)
M_LIST = U_LIST
U_TIMES = 4  # where position 0 of the close times lies in `times`
LANE = 5
# markets: where position 0 of a column of the finest bars lies in `values`
C_OPEN, C_HIGH, C_LOW, C_CLOSE, C_SPREAD = range(5, 10)
# and in `extra`: place of position 0 and stride (0 for a constant) of what only fills and new days need
B_LENGTH, B_KNOWN, B_RATE_OPEN, B_RATE, B_RATE_NOW, B_SWAP_DAYS, B_SWAP_LONG, B_SWAP_SHORT = range(10, 26, 2)
# B_RATE_OPEN and B_RATE hold the last known rate; B_RATE_NOW is NaN where none is known at the close.
# floats: the market's numbers, then what its newest processed bar left behind
M_TICK, M_SLIP, M_CONTRACT, M_LOT_STEP, M_UNITS_MIN, M_UNITS_MAX, M_COMMISSION, M_MARGIN_RATE, M_MAX_AGE = range(9)
N_CLOSE, N_SPREAD, N_RATE, N_RATE_NOW, N_TIME, N_KNOWN = range(9, 15)
# running sums over open legs, for quick bounds only: units, units x entry, margin; nothing is decided by them
N_LONG, N_LONG_COST, N_SHORT, N_SHORT_COST, N_MARGIN = range(15, 20)
N_ASK = 20  # of the newest close
M_TICK_WHOLE, M_TICK_PARTS = range(21, 23)  # the tick as a fraction: a whole number over a power of ten
M_GAP = 23  # the gap allowance, in percent of price
M_NEAR = 24  # how near a level may lie to the price that triggers it, less the noise of sums; -INF: any
MARKET_RECORD = 26

# --- plans and guards (a guard uses rules, lane, and what is named for it)
P_MARKET, P_LANE, P_SIDE, P_RULE0, P_ENTRY0, P_RULE1, P_LEG0, P_LEG1, P_ADD0, P_ADD1 = range(10)
P_COOLDOWN, P_COOLDOWN_CALENDAR, P_MAX, P_MAX_SPAN, P_MAX_CALENDAR, P_RING, P_ONCE, P_EXPIRES = range(10, 18)
P_STEPS, P_ALWAYS, P_CAPTURE0, P_CAPTURE1, P_CELL0, P_CELL1 = range(18, 24)
P_COVERS = 24  # of a guard: from here on one number a plan, 1 for those that it covers
# floats: what every bar of an open position needs, the rest of it, the pending entry, what only decisions read
F_PHASE, F_BUSY, F_SIDE, F_STOP, F_NEAR, F_ENTRY, F_BEST = range(7)
# until one of these is reached no rule of an open position can do anything (see `watch`); the last two are times
F_ABOVE, F_BELOW, F_BEST_FROM, F_HELD_UNTIL, F_NEXT = range(7, 12)
F_FIRST, F_STOP_NEW, F_STOP_AT, F_TARGET, F_R = range(12, 17)
F_UNITS, F_UNITS_ALL, F_LEGS, F_OPENED, F_POSITION = range(17, 22)
F_CLOSE_AT, F_CLOSE_RULE, F_PARTS, F_ADDS = range(22, 26)
E_RULE, E_TIME, E_ACTIVE, E_ACTIVATED, E_VALID, E_ORDER, E_PRICE, E_UNITS = range(26, 34)
E_STOP_KIND, E_STOP, E_TARGET_KIND, E_TARGET, E_TAKES, E_MARGIN = range(34, 40)
F_LAST_EXIT, F_FILLS, F_HALT, F_AWAKE, F_FROZEN = range(40, 45)
E_NUMBERS = 45  # of the pending entry, as AS_NOTIONAL and its kin say
# cents booked since the beginning: of a plan, of all plans that a guard covers; and before the present position
F_BOOKED, F_BOOKED_BEFORE = range(48, 50)
# what breakers and people make of a plan: blocked until then, percent of its size that may try (0: whole), by hand
F_GUARDED, F_PROBE, F_BY_HAND = range(50, 53)
F_STREAK = 53  # of a guard: positions closed with a loss one after another
PLAN = 56  # whole cache lines
FLAT, PENDING, OPEN = 0.0, 1.0, 2.0

# --- legs (floats)
L_UNITS, L_ENTRY, L_TARGET, L_RATE, L_TAKE, L_FRESH = range(6)
L_REQUEST, L_REQUEST_AT, L_REQUEST_RULE, L_REQUEST_REASON = range(6, 10)
L_TAKE_KIND, L_TAKE_VALUE, L_TAKE_PERCENT, L_OPENED = range(10, 14)
LEG = 14
FRESH_OPEN, FRESH_LIMIT, FRESH_STOP = 1.0, 2.0, 3.0

# --- ADDs that wait for their fill (floats), one record per ADD action of a plan
D_UNITS, D_ACTIVE, D_TIME, D_RULE, D_MARGIN, D_NUMBERS = range(6)
WAITING_ADD = 8
# what an order means for all plans together, behind E_NUMBERS and D_NUMBERS: money, then two in cents
AS_NOTIONAL, AS_WORST, AS_RISK = range(3)

# --- rules; of one plan first those without BUY or SELL, then entries, each in order of number
R_OWNER, R_NUMBER, R_HOISTED, R_RESIDUAL, R_LITERAL0, R_LITERAL1, R_PROGRAM0, R_PROGRAM1 = range(8)
R_ACTION0, R_ACTION1, R_EDGE, R_POSITIONAL, R_ENTRY, R_WAKE, R_LANE = range(8, 15)
R_HALT = 15  # the HALT action, 0 for none
R_GATED, R_GATE0, R_GATE1 = range(16, 19)  # R_GATED: 0: to be looked at on every step
R_VOICE0, R_VOICE1 = range(19, 21)  # the exit functions that it reads
R_IDLE = 21  # 1: it can do nothing while flat; 2: nor while an entry is pending
# floats; truths: -1 none, 0 FALSE, 1 UNKNOWN, 2 TRUE
T_LAST, T_PREVIOUS, T_UNTIL, T_BLOCKED, T_INERT = range(5)
T_STATE, T_PROBE, T_OUTCOME = range(5, 8)  # of a guard's breaker; T_PROBE: the plan that tries (0 none, GONE)
RULE = 22
CLOSED, BLOCKING, HALF_OPEN = 0.0, 1.0, 2.0
GONE = -1.0
NO_RESIDUAL, LITERALS, PROGRAM, STATEFUL = 0, 1, 2, 3
WAKE_NEVER, WAKE_EDGE, WAKE_TRUE = 0, 1, 2
NO_TRUTH = -1.0

# --- gates: the ways in which a rule can be TRUE; bounds of the position, and a column (the slot, or -1)
G_COLUMN, G_BOUND0, G_BOUND1 = range(3)
G_NEXT = 0  # no step before this time has the column TRUE
GATE = 3
H_VALUE, H_UPWARDS, H_IN_R = range(3)
H_LEVEL = 0
BOUND = 3

# --- voices: the programs of rank, strength, kind and timeframe of an exit, each from one address to another
VOICE = 8

# --- flat literals `operand comparison operand`
X_LEFT, X_LEFT_INDEX, X_COMPARE, X_RIGHT, X_RIGHT_INDEX = range(5)
X_LEFT_SCALE, X_RIGHT_SCALE = range(2)
LITERAL = 5
K_CONSTANT, K_POSITION, K_COLUMN, K_CAPTURE, K_PROGRAM = range(5)
C_LT, C_LE, C_GT, C_GE, C_EQ, C_NE = range(6)
Q_ENTRY, Q_STOP, Q_SIZE, Q_PROFIT, Q_BEST, Q_HELD, Q_SIDE, Q_R, Q_FIRST = range(9)

# --- actions
A_CODE, A_SPAN, A_CALENDAR, A_OPERAND, A_INDEX, A_PROGRAM0, A_PROGRAM1, A_ADD = range(8)
A_PERCENT, A_USED = range(
    2
)  # A_PERCENT of HALT: its PROBE; A_USED: the position that used it up (MOVE STOP: found its price passed)
ACTION = 8
DO_CLOSE, DO_CLOSE_PART, DO_ADD, DO_MOVE_STOP, DO_CANCEL, DO_HALT, DO_FLATTEN, DO_ALERT = range(8)
NO_CALENDAR, DAY, WEEK, EVER = 0, 1, 2, 3

# --- entries and their TAKEs
Y_SIDE, Y_SIZE_KIND, Y_ORDER, Y_PRICE, Y_VALID, Y_VALID_CALENDAR = range(6)
Y_STOP_KIND, Y_STOP, Y_TARGET_KIND, Y_TARGET, Y_TAKE0, Y_TAKE1 = range(6, 12)
Y_SIZE = 0
ENTRY = 12
RISK_PERCENT, RISK_MONEY, LOTS = 0, 1, 2
MARKET, LIMIT, STOP = 0, 1, 2
NO_LEVEL, PRICE, DISTANCE, PERCENT, R_MULTIPLE = -1, 0, 1, 2, 3
J_KIND, J_COLUMN = range(2)
J_PERCENT = 0
TAKE = 2

# --- captures of at_entry
I_COLUMN, I_CONDITION = range(2)
I_VALUE = 0
CAPTURE = 2

# --- stack programs, one record an instruction; a FOR, WITHIN or CROSSES keeps two floats at its index
O_OPERATION, O_INDEX = range(2)
O_VALUE = 0
INSTRUCTION = 2
CELL = 2
(
    O_CONSTANT,
    O_COLUMN,
    O_TRUTH,
    O_POSITION,
    O_CAPTURE,
    O_STATISTIC,
    O_READING,
    O_ADD,
    O_SUB,
    O_MUL,
    O_DIV,
    O_NEG,
    O_ABS,
    O_MIN,
    O_MAX,
    O_COMPARE,
    O_AND,
    O_OR,
    O_NOT,
    O_KNOWN,
    O_FOR,
    O_WITHIN,
    O_BECAME,
    O_CHOOSE,
    O_GREATEST,
    O_LEAST,
    O_SKIP_FALSE,
    O_SKIP_TRUE,
    O_BRANCH,
    O_JUMP,
) = range(30)
STACK = 64  # deepest stack of a program; the builder refuses deeper ones

# --- account statistics; times and equities of rolling spans stand in `ring`
S_KIND, S_SPAN, S_CALENDAR, S_RING, S_CAPACITY = range(5)
S_SCOPE = 5  # the guard whose plans it is about, 0 for the account
Z_HEAD, Z_COUNT, Z_PEAK, Z_START, Z_BOUNDARY, Z_LAST, Z_VALUE = range(7)
STATISTIC = 7
DRAWDOWN, LOSS, LOSS_RATE, EQUITY, BALANCE, REALISED_LOSS, FALL = range(7)
PORTFOLIO = 16  # and above: PORTFOLIO + the kind of a limit, read without a candidate; S_SPAN holds its weights

# --- limits of guards
G_KIND, G_WEIGHTS, G_COLUMNS, G_GUARD = range(4)  # weights by market; columns of correlations by plan and market
G_BOUND, G_THRESHOLD = range(2)
CAP = 4
CAP_WORST, CAP_GROSS, CAP_NET, CAP_MARGIN, CAP_CORRELATED = range(5)

# --- events out (out[row + ...]); EV_OWNER and EV_LEG are addresses where they name a plan, guard or alert action
EV_TIME, EV_TYPE, EV_OWNER, EV_RULE, EV_LEG, EV_PRICE, EV_UNITS, EV_PROFIT, EV_COMMISSION, EV_REASON = range(10)
EV_POSITION, EV_SPREAD, EV_KNOWN, EV_RATE, EV_SLIP, EV_A, EV_B = range(10, 17)
EV_OPTIONAL = EV_SLIP  # of a decision: which OPTIONAL parts were UNKNOWN
# of a decision or alert: which voice of its rule spoke, counted from 1 (0: none), and what it said
EV_VOICE, EV_RANK, EV_STRENGTH, EV_KIND, EV_SEEN = EV_KNOWN, EV_PROFIT, EV_RATE, EV_SPREAD, EV_COMMISSION
EVENT = 17
TYPE_DECISION, TYPE_FILL, TYPE_ALERT, TYPE_HALT, TYPE_EQUITY, TYPE_SWAP, TYPE_MARGIN_CALL = range(7)
TYPE_BREAKER = 7  # EV_REASON: the state it has now, CLOSED or HALF_OPEN
# what a decision was about (EV_LEG of a decision row)
ABOUT_ENTRY, ABOUT_ADD, ABOUT_CLOSE, ABOUT_STOP, ABOUT_CANCEL = range(5)
ABOUT_TAKE = 5  # EV_RULE is the leg: a TAKE that the program closes itself at a broker outside
(
    SENT,
    EXPIRED,
    HALTED,
    ONCE,
    COOLDOWN,
    MAX_COUNT,
    UNKNOWN_LEVEL,
    NO_RATE,
    STOP_WRONG_SIDE,
    TARGET_WRONG_SIDE,
    TOO_SMALL,
    MARGIN,
    IN_POSITION,
    CLOSING,
    LATE,
    BEYOND_STOP,
    CANCELLED,
    STOP_PASSED,
    RETIRED,
    STOP_TOO_NEAR,
    PRICE_PASSED,
    OVER_LIMIT,
    PRICE_TOO_NEAR,
    TARGET_TOO_NEAR,
    REFUSED,
    ABANDONED,
    LOST,
) = range(27)
FILL_ENTRY, FILL_ADD, FILL_STOP, FILL_TARGET, FILL_TAKE, FILL_CLOSE, FILL_STOP_OUT = range(7)
FILL_HAND = 7
