// Plays a program against the Verilog that the Bluespec compiler emits for mkMAERI_Accelerator, and compares
// every result with the expected one. The twin of PlayProgram.bsv: the same memories, the same lines printed.
`include "program_sizes.svh"

module play_program;
  localparam SLOT = MASK_BITS + 32;
  localparam WIDTH = NUM_MS / DN_BW;
  localparam SINGLES = 2 * $clog2(NUM_MS) - 1;
  localparam DOUBLES = (NUM_MS - 1 - SINGLES) / 2;
  localparam DOUBLE_WORDS = (DOUBLES + 3) / 4;
  localparam [3:0] STOP = 0, CONFIGURE = 1, PUT_WEIGHTS = 2, PUT_INPUTS = 3, EMPTY = 4, RESULTS = 5;

  reg [95:0] program_rows[0:PROGRAM_ROWS-1];
  reg [159:0] loops[0:NUM_LOOPS-1];
  reg [DN_BW*SLOT-1:0] puts[0:PUT_ROWS-1];
  reg [16+20*NUM_MS-1:0] multipliers[0:MULTIPLIER_ROWS-1];
  reg [15:0] weights[0:WEIGHT_WORDS-1];
  reg [15:0] inputs[0:INPUT_WORDS-1];
  reg [15:0] expected[0:RESULT_WORDS-1];
  reg [31:0] tree_words[0:1023];
  reg [6*DOUBLES+3*SINGLES-1:0] tree;

  reg clk = 0, rst_n = 0, tree_ready = 0, differs = 0;
  reg [31:0] pc = 0, row = 0, weight_base = 0, input_base = 0, cycle = 0, waiting = 0, last_action = 0, idle = 0;
  reg [31:0] done[0:NUM_LOOPS-1];
  reg [31:0] order[0:RN_BW-1];

  // What the accelerator is given, and whether it takes it.
  wire rdy_mn, rdy_rn, rdy_empty, is_empty;
  wire [DN_BW-1:0] rdy_mask, rdy_word;
  wire [RN_BW-1:0] rdy_result;
  wire [16*RN_BW-1:0] result;
  reg [DN_BW*WIDTH-1:0] masks;
  reg [16*DN_BW-1:0] words;
  reg [DN_BW-1:0] wanted;

  wire running = tree_ready;
  wire [95:0] now = program_rows[pc];
  wire [3:0] op = now[95:92];
  wire [31:0] first = {4'b0, now[91:64]}, count = now[63:32], offset = now[31:0];
  wire [16+20*NUM_MS-1:0] setting = multipliers[first];
  wire putting = running && (op == PUT_WEIGHTS || op == PUT_INPUTS);
  wire put = putting && &(~wanted | (rdy_mask & rdy_word));
  wire configure = running && op == CONFIGURE && rdy_mn;
  wire [DN_BW-1:0] en_put = put ? wanted : {DN_BW{1'b0}};
  wire [RN_BW-1:0] en_result = running ? rdy_result : {RN_BW{1'b0}};
  wire en_tree = rst_n && !tree_ready && rdy_rn;

  mkMAERI_Accelerator dut (`ACCELERATOR_PORTS);

  integer port, bus, n;
  reg [SLOT-1:0] slot;
  reg [31:0] at;
  always @* begin
    masks = 0;
    words = 0;
    wanted = 0;
    for (port = 0; port < DN_BW; port = port + 1) begin
      slot = puts[first + row][port*SLOT +: SLOT];
      at = offset + slot[31:0];
      masks[port*WIDTH +: WIDTH] = slot[32 +: WIDTH];
      wanted[port] = putting && slot[SLOT-1:32] != 0;
      if (wanted[port])
        words[port*16 +: 16] = op == PUT_WEIGHTS ? weights[weight_base + at] : inputs[input_base + at];
    end
  end

  reg [31:0] came, next, weight, ipt;
  reg advance, open, right;
  reg [15:0] value, want;
  always @(posedge clk) if (rst_n) begin
    came = 0;
    advance = 0;
    if (en_tree) tree_ready <= 1;
    for (bus = 0; bus < RN_BW; bus = bus + 1) if (en_result[bus]) begin
      value = result[16*bus +: 16];
      $display("result %0d %0d %h", cycle, bus, value);
      want = expected[first_result(bus) + order[bus]];
      if (order[bus] >= results(bus) || value !== want) begin
        $display("wrong %0d %0d %0d %h %h", cycle, bus, order[bus], value, want);
        differs <= 1;
      end
      order[bus] <= order[bus] + 1;
      came = came + 1;
    end
    if (running) begin
      waiting <= waiting + came;
      case (op)
        CONFIGURE: advance = configure;
        PUT_WEIGHTS, PUT_INPUTS: if (put) begin
          advance = row + 1 == count;
          row <= advance ? 0 : row + 1;
        end
        EMPTY: advance = rdy_empty && is_empty;
        RESULTS: if (waiting + came >= count) begin
          advance = 1;
          waiting <= waiting + came - count;
        end
        // Some cycles later, so that values that nobody waits for are seen.
        default: if (idle >= 64) begin
          right = !differs;
          for (bus = 0; bus < RN_BW; bus = bus + 1) right = right && order[bus] == results(bus);
          $display("end %0d %0d %0s", last_action + 1, last_action + 14, right ? "right" : "wrong");
          $finish;
        end
      endcase
      // Back to the first instruction of the innermost loop that ends here and is not done.
      next = pc + 1;
      weight = weight_base;
      ipt = input_base;
      open = advance;
      for (n = NUM_LOOPS - 1; n >= 0; n = n - 1) if (open && loops[n][127:96] == pc) begin
        if (done[n] + 1 < loops[n][95:64]) begin
          done[n] <= done[n] + 1;
          weight = weight + loops[n][63:32];
          ipt = ipt + loops[n][31:0];
          next = loops[n][159:128];
          open = 0;
        end else begin
          done[n] <= 0;
          weight = weight - loops[n][63:32] * done[n];
          ipt = ipt - loops[n][31:0] * done[n];
        end
      end
      if (advance) begin
        pc <= next;
        weight_base <= weight;
        input_base <= ipt;
      end
      cycle <= cycle + 1;
      if (advance || put) last_action <= cycle;
      idle <= advance || put || came != 0 ? 0 : idle + 1;
      if (idle > 65536) begin
        $display("hang %0d %0d", cycle, pc);
        $finish;
      end
    end
  end

  integer i;
  initial begin
    $readmemh("program.vmh", program_rows);
    $readmemh("loops.vmh", loops);
    $readmemh("puts.vmh", puts);
    $readmemh("multipliers.vmh", multipliers);
    $readmemh("weights.vmh", weights);
    $readmemh("inputs.vmh", inputs);
    $readmemh("expected.vmh", expected);
    $readmemh("RN_Config.vmh", tree_words);
    for (i = 0; i < DOUBLES; i = i + 1) tree[6*i +: 6] = tree_words[i/4][8*(i%4)+2 +: 6];
    for (i = 0; i < SINGLES; i = i + 1)
      tree[6*DOUBLES+3*i +: 3] = tree_words[DOUBLE_WORDS + i/8][4*(i%8)+1 +: 3];
    for (i = 0; i < NUM_LOOPS; i = i + 1) done[i] = 0;
    for (i = 0; i < RN_BW; i = i + 1) order[i] = 0;
    repeat (4) begin
      #5 clk = 1;
      #5 clk = 0;
    end
    rst_n = 1;
    forever begin
      #5 clk = 1;
      #5 clk = 0;
    end
  end
endmodule
